package io.wasmwiz.executor.sandbox.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of small sandboxes. */
final class Sandboxes {
    /** Exactly so many processes, and no code that outlives them. */
    static ProcessConfig of(int processes) {
        return config(processes, processes, Optional.empty());
    }

    static ProcessConfig config(int processes, int maxProcesses, Optional<Path> codeCacheDirectory) {
        return new ProcessConfig(
                processes,
                maxProcesses,
                5L << 30,
                Duration.ofMillis(500),
                1,
                Duration.ofSeconds(60),
                2L << 30,
                codeCacheDirectory,
                1L << 30,
                1_000,
                47_200,
                List.of(),
                List.of());
    }

    private Sandboxes() {}
}

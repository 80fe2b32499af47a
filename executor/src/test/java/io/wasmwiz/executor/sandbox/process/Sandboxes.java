package io.wasmwiz.executor.sandbox.process;

import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Small sandboxes, and what differs between them. */
record Sandboxes(
        int processes,
        int maxProcesses,
        Duration holdTime,
        Duration compileTimeout,
        Optional<Path> codeCache,
        int codeCacheFiles,
        List<String> launcher) {
    /** Exactly so many processes, and no code that outlives them. */
    Sandboxes(int processes) {
        this(processes, processes, Duration.ofMillis(100), Duration.ofSeconds(60), Optional.empty(), 1_000, List.of());
    }

    Sandboxes maxProcesses(int most) {
        return new Sandboxes(processes, most, holdTime, compileTimeout, codeCache, codeCacheFiles, launcher);
    }

    Sandboxes holdTime(Duration time) {
        return new Sandboxes(processes, maxProcesses, time, compileTimeout, codeCache, codeCacheFiles, launcher);
    }

    Sandboxes compileTimeout(Duration timeout) {
        return new Sandboxes(processes, maxProcesses, holdTime, timeout, codeCache, codeCacheFiles, launcher);
    }

    Sandboxes codeCache(Path directory, int files) {
        return new Sandboxes(
                processes, maxProcesses, holdTime, compileTimeout, Optional.of(directory), files, launcher);
    }

    Sandboxes launcher(String... words) {
        return new Sandboxes(
                processes, maxProcesses, holdTime, compileTimeout, codeCache, codeCacheFiles, List.of(words));
    }

    ProcessConfig config() {
        return new ProcessConfig(
                processes,
                maxProcesses,
                5L << 30,
                Duration.ofMillis(500),
                holdTime,
                Duration.ofSeconds(1),
                1,
                compileTimeout,
                2L << 30,
                codeCache,
                1L << 30,
                codeCacheFiles,
                47_200,
                launcher,
                List.of());
    }

    ProcessSandbox open(MeterRegistry metrics) {
        return open(metrics, Launcher.Program.SANDBOX);
    }

    ProcessSandbox open(MeterRegistry metrics, Launcher.Program program) {
        QueueConfig queue = new QueueConfig(1_000, 1_000, Duration.ofMinutes(5));
        return ProcessSandbox.open(new SandboxConfig(1, queue, Duration.ofMillis(5)), config(), metrics, program);
    }
}

package io.wasmwiz.executor;

import io.wasmwiz.executor.sandbox.process.ProcessConfig;
import io.wasmwiz.service.config.DurationConverter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags of sandbox processes. */
final class SandboxFlags {
    private static final int CORES = Math.min(64, Runtime.getRuntime().availableProcessors());

    @Option(names = "--sandbox-processes", description = "Processes that run guests. Default: one per core")
    private int processes = CORES;

    @Option(
            names = "--sandbox-max-processes",
            description =
                    "Such processes while runs that compute or sleep hold the others; at least --sandbox-processes."
                            + " Default: four per core, or --sandbox-processes if that is more")
    private @Nullable Integer maxProcesses;

    @Option(
            names = "--sandbox-process-memory",
            description = "Bytes that such a process may write to, a guest's memory included",
            defaultValue = "5368709120")
    private long memoryBytes;

    @Option(
            names = "--sandbox-kill-grace",
            description = "From the end of a run's time, or its cancellation, to the kill of its process",
            defaultValue = "500ms",
            converter = DurationConverter.class)
    private Duration killGrace = Duration.ZERO;

    @Option(
            names = "--sandbox-hold-time",
            description = "After which a run holds its process; once all are held, another starts for those that wait",
            defaultValue = "100ms",
            converter = DurationConverter.class)
    private Duration holdTime = Duration.ZERO;

    @Option(
            names = "--sandbox-idle-time",
            description = "After which a process beyond --sandbox-processes ends",
            defaultValue = "30s",
            converter = DurationConverter.class)
    private Duration idleTime = Duration.ZERO;

    @Option(
            names = "--sandbox-uid",
            description = "First of 512 user ids of sandbox processes, when the executor runs as root",
            defaultValue = "47200")
    private int firstUserId;

    @Option(
            names = "--sandbox-launcher",
            description = "Command put before that of each sandbox process, words separated by blanks",
            defaultValue = "")
    private String launcher = "";

    @Option(
            names = "--sandbox-java-options",
            description = "JVM options of sandbox processes, separated by blanks",
            defaultValue = "")
    private String javaOptions = "";

    @Option(names = "--compile-processes", description = "Processes that compile at most", defaultValue = "2")
    private int compilers;

    @Option(
            names = "--compile-timeout",
            description = "Longest compilation of a module",
            defaultValue = "10s",
            converter = DurationConverter.class)
    private Duration compileTimeout = Duration.ZERO;

    @Option(
            names = "--compile-memory",
            description = "Bytes that a process that compiles may write to",
            defaultValue = "2147483648")
    private long compileMemoryBytes;

    @Option(
            names = "--code-cache-dir",
            description = "Directory of compiled code. Default: a temporary one that ends with the executor",
            defaultValue = "")
    private String codeCacheDirectory = "";

    @Option(names = "--code-cache-bytes", description = "Compiled code on disk", defaultValue = "1073741824")
    private long codeCacheBytes;

    @Option(names = "--code-cache-files", description = "Modules whose code is on disk", defaultValue = "16384")
    private int codeCacheFiles;

    ProcessConfig config() {
        return new ProcessConfig(
                processes,
                maxProcesses == null ? Math.max(processes, 4 * CORES) : maxProcesses,
                memoryBytes,
                killGrace,
                holdTime,
                idleTime,
                compilers,
                compileTimeout,
                compileMemoryBytes,
                codeCacheDirectory.isBlank() ? Optional.empty() : Optional.of(Path.of(codeCacheDirectory)),
                codeCacheBytes,
                codeCacheFiles,
                firstUserId,
                words(launcher),
                words(javaOptions));
    }

    private static List<String> words(String line) {
        return Arrays.stream(line.strip().split("\\s+"))
                .filter(word -> !word.isEmpty())
                .toList();
    }
}

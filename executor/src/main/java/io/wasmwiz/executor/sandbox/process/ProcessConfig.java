package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.service.config.Problems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What sandbox processes may do and how many there are.
 *
 * @param processes that run guests, started ahead and kept, 1 to {@code maxProcesses}
 * @param maxProcesses that run guests while others are held by runs that compute or sleep, 1 to 256
 * @param memoryBytes writable memory of such a process, a guest's included, 256 MiB to 64 GiB
 * @param killGrace how long after its time, or after its cancellation, a run may take to stop before its process is
 *     killed, 10 ms to 1 min
 * @param holdTime from when on a run that has made no progress holds its process: once all are held, another starts for
 *     those that wait, 1 ms to 10 s
 * @param idleTime after which a process beyond {@code processes} goes when it had nothing to do, 1 s to 1 h
 * @param compilers processes that compile, at most, 1 to 16
 * @param compileTimeout longest compilation of a module, 100 ms to 10 min
 * @param compileMemoryBytes writable memory of a process that compiles, 256 MiB to 64 GiB
 * @param codeCacheDirectory where compiled code outlives this process; empty: a directory that goes with it
 * @param codeCacheBytes compiled code on disk, 1 MiB to 1 TiB
 * @param codeCacheFiles modules whose code is on disk, 1 to 1,000,000
 * @param firstUserId the processes' user ids, from here on, when the executor runs as root; 1 to 2,000,000,000
 * @param launcher put before the command of each process; empty: nothing
 * @param javaOptions put before the main class of each process
 */
public record ProcessConfig(
        int processes,
        int maxProcesses,
        long memoryBytes,
        Duration killGrace,
        Duration holdTime,
        Duration idleTime,
        int compilers,
        Duration compileTimeout,
        long compileMemoryBytes,
        Optional<Path> codeCacheDirectory,
        long codeCacheBytes,
        int codeCacheFiles,
        int firstUserId,
        List<String> launcher,
        List<String> javaOptions) {
    private static final long MIB = 1L << 20;

    public ProcessConfig {
        launcher = List.copyOf(launcher);
        javaOptions = List.copyOf(javaOptions);
    }

    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("--sandbox-max-processes", maxProcesses, 1, 256);
        problems.requireRange("--sandbox-processes", processes, 1, 256);
        problems.require(
                processes <= maxProcesses,
                "--sandbox-processes must be at most --sandbox-max-processes = %s, was %s",
                maxProcesses,
                processes);
        problems.requireRange("--sandbox-process-memory", memoryBytes, 256 * MIB, 65_536 * MIB);
        problems.requireRange("--sandbox-kill-grace in ms", killGrace.toMillis(), 10, 60_000);
        problems.requireRange("--sandbox-hold-time in ms", holdTime.toMillis(), 1, 10_000);
        problems.requireRange("--sandbox-idle-time in ms", idleTime.toMillis(), 1_000, 3_600_000);
        problems.requireRange("--compile-processes", compilers, 1, 16);
        problems.requireRange("--compile-timeout in ms", compileTimeout.toMillis(), 100, 600_000);
        problems.requireRange("--compile-memory", compileMemoryBytes, 256 * MIB, 65_536 * MIB);
        problems.requireRange("--code-cache-bytes", codeCacheBytes, MIB, MIB << 20);
        problems.requireRange("--code-cache-files", codeCacheFiles, 1, 1_000_000);
        problems.requireRange("--sandbox-uid", firstUserId, 1, 2_000_000_000);
    }
}

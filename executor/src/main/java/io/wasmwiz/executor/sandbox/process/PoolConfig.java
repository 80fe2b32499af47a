package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.process.SandboxProcessMain.Role;
import java.time.Duration;

/**
 * How a pool of processes of one role behaves.
 *
 * @param minimum processes that are kept
 * @param maximum processes while all are held
 * @param graceNanos from the end of a job's time, or from its cancellation, to the kill
 * @param loadNanos how long a process may take to start something of what it was sent
 * @param holdNanos after which a process in which nothing started or ended is held
 * @param idleNanos after which a process beyond the minimum goes when it had nothing to do
 */
record PoolConfig(
        Role role, int minimum, int maximum, long graceNanos, long loadNanos, long holdNanos, long idleNanos) {
    /** A run that takes longer is not waited for: what waits behind it goes elsewhere. */
    private static final long LONG_NANOS = Duration.ofMillis(5).toNanos();
    /** What may wait in a process is expected to take no longer than this together. */
    private static final long AHEAD_NANOS = Duration.ofMillis(1).toNanos();

    private static final long START_NANOS = Duration.ofSeconds(60).toNanos();

    static PoolConfig run(ProcessConfig config) {
        return new PoolConfig(
                Role.RUN,
                config.processes(),
                config.maxProcesses(),
                config.killGrace().toNanos(),
                config.compileTimeout().toNanos(),
                config.holdTime().toNanos(),
                config.idleTime().toNanos());
    }

    static PoolConfig compile(ProcessConfig config) {
        return new PoolConfig(
                Role.COMPILE,
                1,
                config.compilers(),
                0,
                config.compileTimeout().toNanos(),
                config.holdTime().toNanos(),
                config.idleTime().toNanos());
    }

    long longNanos() {
        return LONG_NANOS;
    }

    long aheadNanos() {
        return AHEAD_NANOS;
    }

    long startNanos() {
        return START_NANOS;
    }
}

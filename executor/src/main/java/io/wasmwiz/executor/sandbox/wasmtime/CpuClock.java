package io.wasmwiz.executor.sandbox.wasmtime;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * The CPU time of one thread at starts and ends of runs that follow each other. Reading it enters the kernel, which costs a
 * good part of a short run, so for a while after a reading the thread is taken to have computed all the time since: what a
 * run is told to have used is off by {@link #PRECISION_NANOS} at most, and never more than its wall time. Used on that
 * thread only.
 */
final class CpuClock {
    static final long PRECISION_NANOS = 100_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private long readNanos;
    private long cpuNanos;

    CpuClock() {
        this.readNanos = System.nanoTime() - PRECISION_NANOS;
    }

    /** About the CPU nanoseconds of the thread at {@code nowNanos}, which is now. */
    long read(long nowNanos) {
        if (nowNanos - readNanos < PRECISION_NANOS) {
            return cpuNanos + nowNanos - readNanos;
        }
        readNanos = nowNanos;
        cpuNanos = THREADS.getCurrentThreadCpuTime();
        return cpuNanos;
    }
}

package io.wasmwiz.executor.sandbox.process;

/** A job in a process. Guarded by the process's lock until the process is dead. */
final class Sent {
    /** Those of all that can be in a process have a sum, which is never short. */
    private static final long LONGEST_NANOS = Long.MAX_VALUE / (2 * SandboxProcess.MAX_IN_FLIGHT);

    final Job job;
    final long sentNanos;
    final long expectedNanos;
    boolean started;
    boolean recalled;
    boolean cancelled;
    long startedNanos;
    long cancelledNanos;

    Sent(Job job, long sentNanos, long expectedNanos) {
        this.job = job;
        this.sentNanos = sentNanos;
        this.expectedNanos = Math.min(expectedNanos, LONGEST_NANOS);
    }
}

package io.wasmwiz.executor.sandbox.process;

/** A job in a process. Guarded by the process's lock until the process is dead. */
final class Sent {
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
        this.expectedNanos = expectedNanos;
    }
}

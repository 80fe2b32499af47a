package io.wasmwiz.executor.sandbox.queue;

import java.util.UUID;

/** A task that is nothing but its place. Equal only to itself. */
final class TestTask implements QueuedTask {
    private final UUID accountId;
    private final int accountConcurrency;
    private final long startByNanos;

    TestTask(UUID accountId, int accountConcurrency, long startByNanos) {
        this.accountId = accountId;
        this.accountConcurrency = accountConcurrency;
        this.startByNanos = startByNanos;
    }

    @Override
    public UUID accountId() {
        return accountId;
    }

    @Override
    public int accountConcurrency() {
        return accountConcurrency;
    }

    @Override
    public long startByNanos() {
        return startByNanos;
    }
}

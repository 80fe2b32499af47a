package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.events.ExecutionEvents;
import io.wasmwiz.executor.events.ExecutionRecord;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Jdbi;

/** A log and metering in one: charges what it is told of, and settles a lease when its end is published. Thread-safe. */
final class SettlingEvents implements ExecutionEvents {
    private final Jdbi superuser;
    private final ConcurrentHashMap<UUID, AtomicLong> charged = new ConcurrentHashMap<>();

    SettlingEvents(Jdbi superuser) {
        this.superuser = superuser;
    }

    /** The event of a run that {@code permit} paid for is in the log. */
    void charge(Permit permit) {
        charged.computeIfAbsent(permit.leaseId(), id -> new AtomicLong()).incrementAndGet();
    }

    @Override
    public boolean isAccepting() {
        return true;
    }

    @Override
    public CompletionStage<Publication> publish(ExecutionRecord execution) {
        throw new UnsupportedOperationException("runs are charged by charge()");
    }

    @Override
    public CompletionStage<Publication> closeLease(UUID accountId, UUID leaseId) {
        AtomicLong units = charged.remove(leaseId);
        return CompletableFuture.supplyAsync(() -> {
            Settlement.settle(superuser, leaseId, units == null ? 0 : units.get());
            return Publication.DURABLE;
        });
    }

    @Override
    public void close() {}
}

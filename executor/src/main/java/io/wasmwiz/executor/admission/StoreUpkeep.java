package io.wasmwiz.executor.admission;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.admission.KeyUnits.GiveBack;
import io.wasmwiz.executor.admission.QuotaStore.RecalledLease;
import io.wasmwiz.executor.admission.QuotaStore.StoreUnavailableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * What an executor does with the store beside taking: it renews leases in use, learns which of its leases others ask for,
 * and gives units of keys back. One task at a time, whatever the number of accounts. Thread-safe.
 */
final class StoreUpkeep {
    /** Units of keys that are still to be given back; those beyond are lost for their day. */
    private static final int MAX_GIVE_BACKS = 10_000;

    private final QuotaStore store;
    private final StoreHealth health;
    private final LongSupplier nanoTime;
    private final AtomicBoolean running = new AtomicBoolean();
    private final ArrayDeque<GiveBack> giveBacks = new ArrayDeque<>();
    private final Counter renewed;
    private final Counter recalled;

    StoreUpkeep(QuotaStore store, StoreHealth health, LongSupplier nanoTime, MeterRegistry metrics) {
        this.store = store;
        this.health = health;
        this.nanoTime = nanoTime;
        this.renewed = Counter.builder("wasmwiz.admission.leases.renewed")
                .description("Renewals of leases")
                .register(metrics);
        this.recalled = Counter.builder("wasmwiz.admission.leases.recalled")
                .description("Leases with units left that were ended because another executor asked for them")
                .register(metrics);
    }

    /** Does {@code upkeep} on one of {@code threads}, unless the task before is still at it; then a later one does. */
    void submit(Upkeep upkeep, Executor threads, Predicate<RecalledLease> recall) {
        synchronized (giveBacks) {
            upkeep.giveBacks.stream().limit(MAX_GIVE_BACKS - giveBacks.size()).forEach(giveBacks::add);
        }
        if (!running.compareAndSet(false, true)) {
            return;
        }
        try {
            threads.execute(() -> {
                try {
                    perform(upkeep, recall);
                } finally {
                    running.set(false);
                }
            });
        } catch (RejectedExecutionException e) {
            running.set(false);
        }
    }

    private void perform(Upkeep upkeep, Predicate<RecalledLease> recall) {
        try {
            for (RecalledLease lease : store.recalled()) {
                if (recall.test(lease)) {
                    recalled.increment();
                }
            }
            if (!upkeep.renewals.isEmpty()) {
                renew(upkeep);
            }
            giveBack();
            health.answered();
        } catch (StoreUnavailableException e) {
            health.unavailable(e);
        } catch (RuntimeException e) {
            health.failed(e);
        }
    }

    private void renew(Upkeep upkeep) {
        long requestedAtNanos = nanoTime.getAsLong();
        Map<UUID, Duration> usable =
                store.renew(upkeep.renewals.stream().map(lease -> lease.id).toList());
        for (Lease lease : upkeep.renewals) {
            Duration duration = usable.get(lease.id);
            if (duration != null) {
                lease.account.renewed(lease, requestedAtNanos, duration.toNanos());
                renewed.increment();
            }
        }
    }

    /** What may have been given back already is not given back again: too few units are better than too many. */
    private void giveBack() {
        while (true) {
            GiveBack next;
            synchronized (giveBacks) {
                next = giveBacks.poll();
            }
            if (next == null) {
                return;
            }
            store.giveBack(next.keyId(), next.dayStart(), next.units());
        }
    }
}

package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.admission.LeaseGrant.Allowance;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/** The daily allowances in maps, with metering's part of settling leases. Can be taken away. Thread-safe. */
final class InMemoryQuotaLeases implements QuotaLeases {
    record TierRow(long executionsPerDay, int executionsPerMinute, int version) {}

    record Day(UUID accountId, String tier, LocalDate day) {}

    private static final class Counter {
        long held;
        long charged;
    }

    private record Open(Day day, long size) {}

    private final Supplier<Instant> clock;
    private final Duration leaseDuration;
    private final int maxLeaseSize;
    private final TimedIds ids = new TimedIds();
    private final Map<String, TierRow> tiers = new HashMap<>();
    private final Map<Day, Counter> counters = new HashMap<>();
    private final Map<UUID, Open> open = new HashMap<>();
    private final List<LeaseGrant> grants = new ArrayList<>();
    private volatile boolean away;
    private volatile Runnable beforeGrant = () -> {};

    InMemoryQuotaLeases(Supplier<Instant> clock, Duration leaseDuration, int maxLeaseSize) {
        this.clock = clock;
        this.leaseDuration = leaseDuration;
        this.maxLeaseSize = maxLeaseSize;
    }

    synchronized void putTier(String name, long executionsPerDay, int executionsPerMinute, int version) {
        tiers.put(name, new TierRow(executionsPerDay, executionsPerMinute, version));
    }

    void setAway(boolean away) {
        this.away = away;
    }

    void beforeGrant(Runnable action) {
        this.beforeGrant = action;
    }

    @Override
    public LeaseGrant grant(LeaseRequest request) {
        beforeGrant.run();
        if (away) {
            throw new StoreUnavailableException(new IOException("the store is away"));
        }
        return grantNow(request);
    }

    private synchronized LeaseGrant grantNow(LeaseRequest request) {
        TierRow tier = tiers.get(request.tier());
        if (tier == null) {
            throw new IllegalStateException("there is no tier " + request.tier());
        }
        Instant now = clock.get();
        LocalDate date = LocalDate.ofInstant(now, ZoneOffset.UTC);
        Instant end = date.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
        Day day = new Day(request.accountId(), request.tier(), date);
        Counter counter = counters.computeIfAbsent(day, d -> new Counter());
        long limit = Math.min(tier.executionsPerDay(), request.ceiling());
        long size = LeaseSize.of(
                tier.executionsPerDay(), limit - counter.held, request.wanted(), request.waiting(), maxLeaseSize);
        LeaseGrant grant;
        if (size == 0) {
            grant = new LeaseGrant.Spent(now, end, allowance(tier, counter));
        } else {
            counter.held += size;
            UUID id = ids.at(now);
            open.put(id, new Open(day, size));
            Instant useBy = now.plus(leaseDuration);
            grant = new LeaseGrant.Granted(id, now, useBy.isBefore(end) ? useBy : end, size, allowance(tier, counter));
        }
        grants.add(grant);
        return grant;
    }

    /** What metering does when it reads the lease's end: what was not charged is free again. */
    synchronized void settle(UUID leaseId, long charged) {
        Open lease = open.remove(leaseId);
        if (lease != null) {
            Counter counter = counterOf(lease.day());
            counter.charged += charged;
            counter.held -= lease.size() - charged;
        }
    }

    synchronized long held(UUID accountId, String tier, LocalDate day) {
        return counterOf(new Day(accountId, tier, day)).held;
    }

    /** Answers so far. */
    synchronized List<LeaseGrant> grants() {
        return List.copyOf(grants);
    }

    private Counter counterOf(Day day) {
        return counters.computeIfAbsent(day, d -> new Counter());
    }

    private static Allowance allowance(TierRow tier, Counter counter) {
        return new Allowance(
                tier.executionsPerDay(), counter.charged, counter.held, tier.executionsPerMinute(), tier.version());
    }
}

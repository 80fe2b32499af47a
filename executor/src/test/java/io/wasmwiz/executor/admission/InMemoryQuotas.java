package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.admission.QuotaAnswer.DayCount;
import io.wasmwiz.executor.admission.QuotaAnswer.LeaseGrant;
import io.wasmwiz.executor.admission.QuotaAnswer.TierLimits;
import io.wasmwiz.executor.admission.QuotaRequest.Ask;
import io.wasmwiz.executor.admission.QuotaRequest.KeyAsk;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The allowances in maps, with metering's part of settling leases; {@link #of} is one executor's view. Can be taken away.
 * Thread-safe.
 */
final class InMemoryQuotas {
    record Day(UUID accountId, String tier, LocalDate day) {}

    private record Minute(UUID id, String tier, Instant start) {}

    private record KeyDay(UUID id, Instant start) {}

    private static final class Counter {
        long held;
        long charged;
    }

    private static final class Row {
        final UUID id;
        final Day day;
        final long size;
        final String executor;
        Instant useBy;

        @Nullable
        Instant recalledAt;

        Row(UUID id, Day day, long size, String executor, Instant useBy) {
            this.id = id;
            this.day = day;
            this.size = size;
            this.executor = executor;
            this.useBy = useBy;
        }
    }

    private final Supplier<Instant> clock;
    private final TimedIds ids = new TimedIds();
    private final Map<String, TierLimits> tiers = new HashMap<>();
    private final Map<Day, Counter> counters = new HashMap<>();
    private final Map<Minute, Long> minutes = new HashMap<>();
    private final Map<KeyDay, Long> keyDays = new HashMap<>();
    private final Map<UUID, Row> open = new HashMap<>();
    private final List<QuotaAnswer> answers = new ArrayList<>();
    private volatile boolean away;
    private volatile Runnable beforeTake = () -> {};

    InMemoryQuotas(Supplier<Instant> clock) {
        this.clock = clock;
    }

    synchronized void putTier(String name, long executionsPerDay, long executionsPerMinute, int version) {
        tiers.put(name, new TierLimits(executionsPerDay, executionsPerMinute, version));
    }

    void setAway(boolean away) {
        this.away = away;
    }

    void beforeTake(Runnable action) {
        this.beforeTake = action;
    }

    /** What metering does when it reads the lease's end: what was not charged is free again. */
    synchronized void settle(UUID leaseId, long charged) {
        Row lease = open.remove(leaseId);
        if (lease != null) {
            Counter counter = counterOf(lease.day);
            counter.charged += charged;
            counter.held -= lease.size - charged;
        }
    }

    synchronized long held(UUID accountId, String tier, LocalDate day) {
        return counterOf(new Day(accountId, tier, day)).held;
    }

    /** Answers so far. */
    synchronized List<QuotaAnswer> answers() {
        return List.copyOf(answers);
    }

    /** Leases granted so far. */
    List<LeaseGrant> leases() {
        return answers().stream().flatMap(answer -> answer.lease().stream()).toList();
    }

    QuotaStore of(AdmissionConfig config) {
        return new QuotaStore() {
            @Override
            public QuotaAnswer take(QuotaRequest request) {
                beforeTake.run();
                requirePresence();
                return takeNow(request, config);
            }

            @Override
            public List<RecalledLease> recalled() {
                requirePresence();
                synchronized (InMemoryQuotas.this) {
                    return open.values().stream()
                            .filter(row -> row.executor.equals(config.executorId()) && row.recalledAt != null)
                            .map(row -> new RecalledLease(row.id, row.day.accountId(), row.day.tier()))
                            .toList();
                }
            }

            @Override
            public Map<UUID, Duration> renew(Collection<UUID> leaseIds) {
                requirePresence();
                return renewNow(leaseIds, config.leaseDuration());
            }

            @Override
            public void giveBack(UUID keyId, Instant dayStart, long units) {
                requirePresence();
                synchronized (InMemoryQuotas.this) {
                    keyDays.merge(new KeyDay(keyId, dayStart), -units, Long::sum);
                }
            }
        };
    }

    private void requirePresence() {
        if (away) {
            throw new QuotaStore.StoreUnavailableException(new IOException("the store is away"));
        }
    }

    private synchronized Map<UUID, Duration> renewNow(Collection<UUID> leaseIds, Duration duration) {
        Instant now = clock.get();
        return leaseIds.stream()
                .map(open::get)
                .filter(row -> row != null && row.useBy.isAfter(now) && row.recalledAt == null)
                .collect(Collectors.toMap(row -> row.id, row -> {
                    row.useBy = earlier(now.plus(duration), endOf(row.day.day()));
                    return Duration.between(now, row.useBy);
                }));
    }

    private synchronized QuotaAnswer takeNow(QuotaRequest request, AdmissionConfig config) {
        @Nullable TierLimits tier = tiers.get(request.tier());
        if (tier == null) {
            throw new IllegalStateException("there is no tier " + request.tier());
        }
        Instant now = clock.get();
        LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
        Instant dayStart = today.atStartOfDay(ZoneOffset.UTC).toInstant();
        Instant thisMinute = now.truncatedTo(ChronoUnit.MINUTES);
        Instant minuteStart = request.minuteStart()
                .filter(asked -> asked.isAfter(thisMinute) && !asked.isAfter(now.plusSeconds(5)))
                .orElse(thisMinute);
        Day day = new Day(request.accountId(), request.tier(), today);
        Minute minute = new Minute(request.accountId(), request.tier(), minuteStart);
        Counter counter = counterOf(day);
        KeyAsk key = request.key().orElse(new KeyAsk(request.accountId(), 0, Ask.NOTHING, 0, Ask.NOTHING));
        KeyDay keyDay = new KeyDay(key.keyId(), dayStart);
        Minute keyMinute = new Minute(key.keyId(), "", minuteStart);
        boolean ownDay = key.day().waiting() > 0 && key.dayLimit() < tier.perDay();
        boolean ownMinute = key.minute().waiting() > 0 && key.minuteLimit() < tier.perMinute();

        int max = config.maxLeaseSize();
        long dayUnits = block(tier.perDay(), counter.held, 50, max, request.day());
        long minuteUnits = block(tier.perMinute(), minutes.getOrDefault(minute, 0L), 20, max, request.minute());
        long keyDayUnits = ownDay ? block(key.dayLimit(), keyDays.getOrDefault(keyDay, 0L), 50, max, key.day()) : 0;
        long keyMinuteUnits =
                ownMinute ? block(key.minuteLimit(), minutes.getOrDefault(keyMinute, 0L), 20, max, key.minute()) : 0;
        Optional<Dimension> spent = Optional.empty();
        if (request.day().waiting() > 0 && dayUnits == 0) {
            spent = Optional.of(Dimension.DAY);
        } else if (ownDay && keyDayUnits == 0) {
            spent = Optional.of(Dimension.KEY_DAY);
        } else if (request.minute().waiting() > 0 && minuteUnits == 0) {
            spent = Optional.of(Dimension.MINUTE);
        } else if (ownMinute && keyMinuteUnits == 0) {
            spent = Optional.of(Dimension.KEY_MINUTE);
        }
        boolean returning = false;
        if (spent.isPresent()) {
            returning = spent.get() == Dimension.DAY && recall(day, config, now);
            dayUnits = minuteUnits = keyDayUnits = keyMinuteUnits = 0;
        }
        counter.held += dayUnits;
        minutes.merge(minute, minuteUnits, Long::sum);
        keyDays.merge(keyDay, keyDayUnits, Long::sum);
        minutes.merge(keyMinute, keyMinuteUnits, Long::sum);
        Optional<LeaseGrant> lease = Optional.empty();
        if (dayUnits > 0) {
            Instant useBy = earlier(now.plus(config.leaseDuration()), endOf(today));
            Row row = new Row(ids.at(now), day, dayUnits, config.executorId(), useBy);
            open.put(row.id, row);
            lease = Optional.of(new LeaseGrant(row.id, useBy, dayUnits));
        }
        QuotaAnswer answer = new QuotaAnswer(
                now,
                endOf(today),
                minuteStart,
                tier,
                request.day().waiting() > 0
                        ? Optional.of(new DayCount(counter.charged, counter.held))
                        : Optional.empty(),
                optional(request.minute().waiting() > 0, minutes.getOrDefault(minute, 0L)),
                optional(ownDay, keyDays.getOrDefault(keyDay, 0L)),
                optional(ownMinute, minutes.getOrDefault(keyMinute, 0L)),
                lease,
                minuteUnits,
                keyDayUnits,
                keyMinuteUnits,
                spent,
                returning);
        answers.add(answer);
        return answer;
    }

    private boolean recall(Day day, AdmissionConfig config, Instant now) {
        boolean returning = false;
        for (Row row : open.values()) {
            if (row.day.equals(day) && !row.executor.equals(config.executorId())) {
                row.recalledAt = row.recalledAt == null ? now : row.recalledAt;
                returning |= row.recalledAt.isAfter(now.minus(config.recallWait()));
            }
        }
        return returning;
    }

    private static long block(long allowance, long taken, long parts, long maximum, Ask ask) {
        if (ask.waiting() == 0) {
            return 0;
        }
        long cap = Math.max(1, Math.min(allowance / parts, maximum));
        long remaining = allowance - taken;
        long useful = remaining <= 4 * cap ? ask.waiting() : Math.max(ask.waiting(), Math.min(ask.wanted(), cap));
        return Math.max(0, Math.min(remaining, useful));
    }

    private static OptionalLong optional(boolean present, long value) {
        return present ? OptionalLong.of(value) : OptionalLong.empty();
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    private static Instant endOf(LocalDate day) {
        return day.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    }

    private Counter counterOf(Day day) {
        return counters.computeIfAbsent(day, d -> new Counter());
    }
}

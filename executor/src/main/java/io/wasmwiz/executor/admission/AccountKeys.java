package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.admission.KeyUnits.GiveBack;
import io.wasmwiz.executor.admission.QuotaAnswer.TierLimits;
import io.wasmwiz.executor.admission.QuotaRequest.Ask;
import io.wasmwiz.executor.admission.QuotaRequest.KeyAsk;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Tier;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one account whose own limits are lower than its tier's, as far as they are in use here.
 *
 * <p>Not thread-safe: guarded by the lock of its {@link AccountQuota}.
 */
final class AccountKeys {
    private static final long FIRST_WANTED = 4;
    /** The key that was not used for longest makes room. */
    private static final int MAX_KEYS = 1_000;

    /** A key's own limits: which of the two it lowers. */
    record OwnLimits(KeyUnits key, boolean day, boolean minute) {}

    private final MinuteLimits minutes;
    private final long maxWanted;
    private final LinkedHashMap<UUID, KeyUnits> keys = new LinkedHashMap<>(16, 0.75f, true);
    private final List<GiveBack> giveBacks = new ArrayList<>();

    AccountKeys(MinuteLimits minutes, long maxWanted) {
        this.minutes = minutes;
        this.maxWanted = maxWanted;
    }

    /** The limits that the caller's key lowers; null when it lowers none. */
    @Nullable
    OwnLimits of(Caller caller, TierLimits limits, long nowNanos) {
        Tier tier = caller.tier();
        boolean day = tier.executionsPerDay() < limits.perDay();
        boolean minute = tier.executionsPerMinute() < limits.perMinute();
        return caller.apiKeyId().isPresent() && (day || minute)
                ? new OwnLimits(units(caller.apiKeyId().get(), nowNanos), day, minute)
                : null;
    }

    private KeyUnits units(UUID keyId, long nowNanos) {
        KeyUnits known = keys.get(keyId);
        if (known != null) {
            return known;
        }
        KeyUnits key = new KeyUnits(keyId, FIRST_WANTED, nowNanos);
        keys.put(keyId, key);
        if (keys.size() > MAX_KEYS) {
            giveBack(keys.remove(keys.keySet().iterator().next()));
        }
        return key;
    }

    boolean lacksDay(@Nullable OwnLimits own, Instant now) {
        return own != null && own.day() && own.key().unspentAt(now) == 0;
    }

    boolean lacksMinute(@Nullable OwnLimits own, Instant minute) {
        return own != null && own.minute() && minuteUnits(own, minute) == 0;
    }

    /** Units of the key's {@code minute} that are left here. */
    long minuteUnits(OwnLimits own, Instant minute) {
        return minutes.available(own.key().keyId, "", minute);
    }

    /** Takes a unit of each limit that the key lowers; to be called when it lacks none. */
    void take(OwnLimits own, Instant minute, long nowNanos) {
        if (own.minute()) {
            minutes.tryAcquire(own.key().keyId, "", minute);
        }
        if (own.day()) {
            own.key().take(nowNanos);
        }
        own.key().lastUsedNanos = nowNanos;
    }

    /** What {@code calls} calls of the caller's key lack at {@code now}. */
    KeyAsk ask(UUID keyId, Tier tier, long calls, Optional<Instant> now) {
        @Nullable KeyUnits key = keys.get(keyId);
        long wanted = key == null ? FIRST_WANTED : key.wanted;
        long dayUnits = key == null ? 0 : now.map(key::unspentAt).orElse(0L);
        long minuteUnits = now.map(time -> minutes.available(keyId, "", time.truncatedTo(ChronoUnit.MINUTES)))
                .orElse(0L);
        return new KeyAsk(
                keyId,
                tier.executionsPerDay(),
                Ask.forLack(wanted, calls, dayUnits),
                tier.executionsPerMinute(),
                Ask.forLack(wanted, calls, minuteUnits));
    }

    /** Notes what {@code answer} says of the key. */
    void answered(UUID keyId, QuotaAnswer answer, Optional<Spent> spent, long nowNanos) {
        if (answer.keyDayGranted().isEmpty() && answer.keyMinuteGranted().isEmpty()) {
            return;
        }
        KeyUnits key = units(keyId, nowNanos);
        key.lastUsedNanos = nowNanos;
        answer.keyDayGranted().ifPresent(granted -> key.add(answer.dayEnd(), answer.keyDayUnits(), granted));
        if (answer.keyMinuteUnits() > 0) {
            minutes.add(keyId, "", answer.minuteStart(), answer.keyMinuteUnits());
        }
        spent.filter(which -> which.dimension() == Dimension.KEY_DAY).ifPresent(which -> key.spentDay = which);
        spent.filter(which -> which.dimension() == Dimension.KEY_MINUTE).ifPresent(which -> key.spentMinute = which);
        if (spent.isEmpty()) {
            key.wanted = Math.min(key.wanted * 2, maxWanted);
        }
    }

    /** Gives up what keys left that were not used for {@code idleNanos}. */
    void sweep(long nowNanos, long idleNanos) {
        keys.values().removeIf(key -> {
            boolean idle = nowNanos - key.lastUsedNanos >= idleNanos;
            if (idle) {
                giveBack(key);
            }
            return idle;
        });
    }

    private void giveBack(@Nullable KeyUnits key) {
        Optional.ofNullable(key).flatMap(KeyUnits::giveBack).ifPresent(giveBacks::add);
    }

    /** What was given up since the last call. */
    List<GiveBack> takeGiveBacks() {
        List<GiveBack> taken = List.copyOf(giveBacks);
        giveBacks.clear();
        return taken;
    }

    boolean isEmpty() {
        return keys.isEmpty();
    }

    /** For whom a call waits together with others: its key, where that may have limits of its own. */
    static Optional<UUID> group(Caller caller, Optional<TierLimits> limits) {
        Tier tier = caller.tier();
        return caller.apiKeyId()
                .filter(key -> limits.map(known -> tier.executionsPerDay() < known.perDay()
                                || tier.executionsPerMinute() < known.perMinute())
                        .orElse(true));
    }
}

package io.wasmwiz.executor.admin;

import static io.wasmwiz.executor.admin.Requests.refused;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The key that a call was made with: it makes no key that may do more, or longer, than itself, and touches none. An
 * operator's key, and a caller without one, have no such bound. Immutable.
 */
final class CallersKey {
    private static final String PER_MINUTE = "limits.executions_per_minute";
    private static final String PER_DAY = "limits.executions_per_day";
    private static final String MEMORY = "limits.memory_mib";
    private static final String RUN_TIME = "limits.run_time_ms";
    private static final String EXPIRY = "expires_at";

    private final KeyLimits limits;
    private final Optional<Instant> expiresAt;

    private CallersKey(KeyLimits limits, Optional<Instant> expiresAt) {
        this.limits = limits;
        this.expiresAt = expiresAt;
    }

    /** The key of {@code actor} as it is now. */
    static CallersKey of(AdminTransaction transaction, Actor actor) {
        return actor.keyId()
                .filter(id -> !actor.isOperator())
                .flatMap(transaction::key)
                .map(key -> new CallersKey(key.limits(), key.expiresAt()))
                .orElseGet(() -> new CallersKey(KeyLimits.NONE, Optional.empty()));
    }

    /** Notes in {@code rules} what a key of these limits would have beyond this one. */
    void check(FieldRules rules, KeyLimits wanted, Optional<Instant> wantedExpiry) {
        for (String field : beyond(wanted, wantedExpiry)) {
            if (field.equals(EXPIRY)) {
                rules.fault(
                        EXPIRY,
                        "EXPIRY_BEYOND_KEY",
                        "expires_at must be at most %s, when the key that makes this call expires"
                                .formatted(expiresAt.orElseThrow()));
            } else {
                rules.fault(
                        field,
                        "LIMIT_ABOVE_KEY",
                        "%s must be 1 to %d, the limit of the key that makes this call"
                                .formatted(field, limitNamed(field)));
            }
        }
    }

    /** Throws when {@code key} has anything beyond this one. */
    void requireReach(IssuedKey key) {
        beyond(key.limits(), key.expiresAt()).stream().findFirst().ifPresent(field -> {
            throw refused(new AdminRefusal.KeyWider(field));
        });
    }

    private Set<String> beyond(KeyLimits other, Optional<Instant> otherExpiry) {
        Set<String> fields = new TreeSet<>();
        note(fields, PER_MINUTE, limits.executionsPerMinute(), other.executionsPerMinute());
        note(fields, PER_DAY, limits.executionsPerDay(), other.executionsPerDay());
        note(fields, MEMORY, limits.memoryMib(), other.memoryMib());
        note(fields, RUN_TIME, limits.runTimeMillis(), other.runTimeMillis());
        if (expiresAt.isPresent()
                && otherExpiry.filter(end -> !end.isAfter(expiresAt.get())).isEmpty()) {
            fields.add(EXPIRY);
        }
        return fields;
    }

    private static void note(Set<String> fields, String field, @Nullable Integer most, @Nullable Integer other) {
        if (most != null && (other == null || other > most)) {
            fields.add(field);
        }
    }

    private @Nullable Integer limitNamed(String field) {
        return switch (field) {
            case PER_MINUTE -> limits.executionsPerMinute();
            case PER_DAY -> limits.executionsPerDay();
            case MEMORY -> limits.memoryMib();
            case RUN_TIME -> limits.runTimeMillis();
            default -> throw new IllegalArgumentException("no limit: " + field);
        };
    }
}

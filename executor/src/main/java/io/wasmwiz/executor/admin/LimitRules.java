package io.wasmwiz.executor.admin;

import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the limits of a key, which may lower those of its account's tier and not raise them. Not thread-safe. */
public final class LimitRules {
    private static final String ALL = "limits";

    private final FieldRules rules;
    private final TierPlan tier;

    private LimitRules(FieldRules rules, TierPlan tier) {
        this.rules = rules;
        this.tier = tier;
    }

    /** Limits as they were sent. */
    public record LimitsWish(
            OptionalLong executionsPerMinute,
            OptionalLong executionsPerDay,
            OptionalLong memoryMib,
            OptionalLong runTimeMillis) {}

    /** Against the tier that {@code account} is on; faults go to {@code rules}. */
    static LimitRules of(FieldRules rules, AdminTransaction transaction, Account account) {
        return new LimitRules(
                rules,
                transaction
                        .tier(account.tier())
                        .orElseThrow(() -> new IllegalStateException("an account without its tier: " + account.id())));
    }

    /** Those of a new key. */
    KeyLimits all(LimitsWish wish) {
        return changed(Set.of(ALL), KeyLimits.NONE, wish);
    }

    /** Those of a key after an update of the fields in {@code mask}. */
    KeyLimits changed(Set<String> mask, KeyLimits old, LimitsWish wish) {
        TierFigures most = tier.figures();
        return rules.limits(new KeyLimits(
                read(
                        mask,
                        "executions_per_minute",
                        wish.executionsPerMinute(),
                        most.executionsPerMinute(),
                        old.executionsPerMinute()),
                read(
                        mask,
                        "executions_per_day",
                        wish.executionsPerDay(),
                        most.executionsPerDay(),
                        old.executionsPerDay()),
                read(mask, "memory_mib", wish.memoryMib(), most.memoryMib(), old.memoryMib()),
                read(mask, "run_time_ms", wish.runTimeMillis(), most.runTimeMillis(), old.runTimeMillis())));
    }

    private @Nullable Integer read(
            Set<String> mask, String name, OptionalLong wish, int ofTier, @Nullable Integer old) {
        String field = ALL + "." + name;
        return mask.contains(ALL) || mask.contains(field) ? rules.limit(field, wish, ofTier, tier.name()) : old;
    }
}

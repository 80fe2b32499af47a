package io.wasmwiz.executor.admin;

import static io.wasmwiz.executor.admin.Requests.refused;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Tiers; otherwise as {@link AccountAdmin}. Thread-safe; methods block. */
public final class TierAdmin {
    private static final Set<String> FIGURES = Set.of(
            "figures.executions_per_minute",
            "figures.executions_per_day",
            "figures.memory_mib",
            "figures.run_time_ms",
            "figures.max_concurrency");
    private static final int MOST_EXECUTIONS = 1_000_000_000;
    private static final int MOST_MEMORY_MIB = 4_096;
    private static final int LONGEST_RUN_MILLIS = 3_600_000;
    private static final int MOST_CONCURRENCY = 100_000;

    private final AdminStore store;

    TierAdmin(AdminStore store) {
        this.store = store;
    }

    /** Figures as they were sent. */
    public record FiguresWish(
            long executionsPerMinute, long executionsPerDay, long memoryMib, long runTimeMillis, long maxConcurrency) {}

    /** Adds a tier. */
    public Made<TierPlan> create(Actor actor, String name, FiguresWish wish, String requestId) {
        FieldRules rules = new FieldRules();
        rules.tierName("name", name);
        TierFigures figures = figures(rules, wish);
        Optional<UUID> request = rules.requestId(requestId);
        rules.check();
        Fingerprint content = new Fingerprint().add("CreateTier").add(name).add(figures);
        return store.inTransaction(transaction -> {
            Optional<String> earlier = Requests.earlierResult(transaction, actor, request, content, name);
            if (earlier.isPresent()) {
                return new Made<>(found(transaction.tier(name), name), true);
            }
            TierPlan tier = transaction
                    .insertTier(name, figures)
                    .orElseThrow(() -> refused(new AdminRefusal.TierNameTaken(name)));
            transaction.audit(AuditEntry.done(actor, "CreateTier", Optional.empty(), tier.target())
                    .to(tier.json())
                    .requestedAs(request));
            return new Made<>(tier, false);
        });
    }

    /** Changes the figures that {@code mask} names. */
    public TierPlan update(Actor actor, String name, List<String> mask, FiguresWish wish, String etag) {
        FieldRules rules = new FieldRules();
        rules.tierName("name", name);
        Set<String> changed = rules.mask(mask, FIGURES);
        rules.etag(etag);
        return store.inTransaction(transaction -> {
            rules.check();
            TierPlan before = found(transaction.lockTier(name), name);
            Requests.requireEtag(etag, before.etag());
            TierFigures old = before.figures();
            TierFigures figures = figures(
                    rules,
                    new FiguresWish(
                            pick(
                                    changed,
                                    "executions_per_minute",
                                    wish.executionsPerMinute(),
                                    old.executionsPerMinute()),
                            pick(changed, "executions_per_day", wish.executionsPerDay(), old.executionsPerDay()),
                            pick(changed, "memory_mib", wish.memoryMib(), old.memoryMib()),
                            pick(changed, "run_time_ms", wish.runTimeMillis(), old.runTimeMillis()),
                            pick(changed, "max_concurrency", wish.maxConcurrency(), old.maxConcurrency())));
            rules.check();
            if (figures.equals(old)) {
                return before;
            }
            TierPlan after = transaction.updateTier(before.name(), figures);
            transaction.audit(AuditEntry.done(actor, "UpdateTier", Optional.empty(), after.target())
                    .from(before.json())
                    .to(after.json()));
            return after;
        });
    }

    /** A page by name. */
    public List<TierPlan> list(Optional<String> after, int size) {
        return store.inSnapshot(transaction -> transaction.tiers(after, size));
    }

    private static TierFigures figures(FieldRules rules, FiguresWish wish) {
        return rules.figures(new TierFigures(
                rules.figure("executions_per_minute", wish.executionsPerMinute(), MOST_EXECUTIONS),
                rules.figure("executions_per_day", wish.executionsPerDay(), MOST_EXECUTIONS),
                rules.figure("memory_mib", wish.memoryMib(), MOST_MEMORY_MIB),
                rules.figure("run_time_ms", wish.runTimeMillis(), LONGEST_RUN_MILLIS),
                rules.figure("max_concurrency", wish.maxConcurrency(), MOST_CONCURRENCY)));
    }

    private static long pick(Set<String> changed, String name, long wish, long old) {
        return changed.contains("figures." + name) ? wish : old;
    }

    private static TierPlan found(Optional<TierPlan> tier, String asked) {
        return tier.orElseThrow(() -> refused(new AdminRefusal.TierNotFound(asked)));
    }
}

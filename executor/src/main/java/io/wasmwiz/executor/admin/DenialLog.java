package io.wasmwiz.executor.admin;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts denied calls on the audit log without letting a flood of them bloat it: in each UTC minute a few events for each
 * key, or for each address without a known key, ten times as many for all together, and one event that counts the rest
 * and names those who caused most of them. Thread-safe; never blocks. Its opener calls {@link #flush} now and then.
 */
public final class DenialLog {
    private static final Logger log = LoggerFactory.getLogger(DenialLog.class);
    private static final String EVERYBODY = "";
    private static final int NAMED = 20;
    private static final int ALL_TOGETHER_FACTOR = 10;

    private final AdminStore store;
    private final Executor database;
    private final MinuteCounts each;
    private final MinuteCounts all;
    private final Counter denied;

    // Guarded by this.
    private final Map<String, Long> suppressedBy = new LinkedHashMap<>();
    private long suppressed;

    DenialLog(AdminStore store, Executor database, int perMinute, Clock clock, MeterRegistry metrics) {
        this.store = store;
        this.database = database;
        this.each = new MinuteCounts(perMinute, clock);
        this.all = new MinuteCounts(ALL_TOGETHER_FACTOR * perMinute, clock);
        this.denied = Counter.builder("wasmwiz.admin.denials")
                .description("Denied calls of the admin service")
                .register(metrics);
    }

    /** Writes {@code denial} soon, or counts it. */
    public void record(AuditEntry denial) {
        denied.increment();
        String who = who(denial.actor());
        if (each.take(who).isPresent() || all.take(EVERYBODY).isPresent()) {
            suppress(who, 1);
        } else {
            write(denial, who, 1);
        }
    }

    /** Writes what was only counted since the last time, if anything was. */
    public void flush() {
        long count;
        JsonText summary = new JsonText();
        synchronized (this) {
            count = suppressed;
            summary.put("denied_calls", count);
            suppressedBy.forEach(summary::put);
            suppressed = 0;
            suppressedBy.clear();
        }
        if (count > 0) {
            write(
                    AuditEntry.denied(
                                    Actor.local(Actor.Kind.SERVER, "executor"),
                                    "DeniedCalls",
                                    "",
                                    Optional.empty(),
                                    "SUPPRESSED")
                            .to(summary.toString()),
                    "server",
                    count);
        }
    }

    private void write(AuditEntry entry, String who, long count) {
        try {
            database.execute(() -> {
                try {
                    store.inTransaction(transaction -> {
                        transaction.audit(entry);
                        return true;
                    });
                } catch (RuntimeException e) {
                    log.atWarn()
                            .addKeyValue("action", entry.action())
                            .addKeyValue("cause", e.getClass().getSimpleName())
                            .log("denied call could not be written to the audit log");
                    suppress(who, count);
                }
            });
        } catch (RejectedExecutionException e) {
            suppress(who, count);
        }
    }

    private synchronized void suppress(String who, long count) {
        suppressed += count;
        if (suppressedBy.size() < NAMED || suppressedBy.containsKey(who)) {
            suppressedBy.merge(who, count, Long::sum);
        }
    }

    private static String who(Actor actor) {
        return actor.keyId()
                .map(key -> "keys/" + key)
                .or(() -> actor.accountId().map(account -> "users/" + account))
                .orElseGet(() -> actor.origin().address());
    }
}

package io.wasmwiz.metering.store;

import java.time.LocalDate;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Day partitions of {@code usage_logs}: made ahead of time, and when a row needs one. Thread-safe. */
public final class PostgresUsagePartitions {
    private static final Logger log = LoggerFactory.getLogger(PostgresUsagePartitions.class);

    private static final String ENSURE = "SELECT ensure_usage_partition(:day)";
    private static final String AHEAD = """
            SELECT (now() AT TIME ZONE 'UTC')::date + offset_days AS day
            FROM generate_series(-1, :ahead) AS offset_days ORDER BY day
            """;
    /** Days remembered at most; more only after years of uptime or reading old logs. */
    private static final int MAX_KNOWN = 10_000;

    private final Jdbi jdbi;
    private final LedgerConfig config;
    private final Set<LocalDate> known = ConcurrentHashMap.newKeySet();

    public PostgresUsagePartitions(Jdbi jdbi, LedgerConfig config) {
        this.jdbi = jdbi;
        this.config = config;
    }

    /** Makes those of yesterday, today and the days ahead, by PostgreSQL's clock in UTC. */
    public void ensureAhead() {
        List<LocalDate> days = jdbi.withHandle(handle -> handle.createQuery(AHEAD)
                .bind("ahead", config.partitionsAheadDays())
                .mapTo(LocalDate.class)
                .list());
        known.removeAll(days);
        ensure(days);
    }

    /** Makes those of {@code days} that this process has not seen, each in a transaction of its own. */
    public void ensure(Collection<LocalDate> days) {
        for (LocalDate day : days) {
            if (!known.contains(day)) {
                ensure(day);
            }
        }
    }

    /** Looks again at every day from now on. */
    void forget() {
        known.clear();
    }

    private void ensure(LocalDate day) {
        boolean made = jdbi.inTransaction(handle -> {
            TransactionLimits.set(handle, config);
            return handle.createQuery(ENSURE)
                    .bind("day", day)
                    .mapTo(Boolean.class)
                    .one();
        });
        if (made) {
            log.atInfo().addKeyValue("day", day).log("usage partition made");
        }
        if (known.size() >= MAX_KNOWN) {
            known.clear();
        }
        known.add(day);
    }
}

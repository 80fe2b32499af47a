package io.wasmwiz.metering.store;

import io.wasmwiz.metering.settle.CounterChange;
import io.wasmwiz.metering.settle.CounterKey;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code daily_tier_counters}. */
final class PostgresCounters {
    private static final Logger log = LoggerFactory.getLogger(PostgresCounters.class);

    // The inner query locks in the order of the key, so that two transactions cannot wait for each other.
    private static final String ADD = """
            UPDATE daily_tier_counters
            SET charged = daily_tier_counters.charged + found.charged,
                held = daily_tier_counters.held - found.released,
                executions = daily_tier_counters.executions + found.executions
            FROM (SELECT c.user_id, c.tier, c.day, change.charged, change.released, change.executions
                  FROM daily_tier_counters c
                  JOIN (SELECT user_id, tier, date '1970-01-01' + epoch_day AS day, charged, released, executions
                        FROM unnest(:users, :tiers, :days, :charged, :released, :executions)
                            AS u (user_id, tier, epoch_day, charged, released, executions)) change
                    ON change.user_id = c.user_id AND change.tier = c.tier AND change.day = c.day
                  ORDER BY c.user_id, c.tier, c.day
                  FOR NO KEY UPDATE OF c) found
            WHERE daily_tier_counters.user_id = found.user_id
              AND daily_tier_counters.tier = found.tier
              AND daily_tier_counters.day = found.day
            RETURNING daily_tier_counters.user_id, daily_tier_counters.tier, daily_tier_counters.day
            """;
    private static final String INSERT = """
            INSERT INTO daily_tier_counters AS c (user_id, tier, day, executions) VALUES (:user, :tier, :day, :executions)
            ON CONFLICT (user_id, tier, day) DO UPDATE SET executions = c.executions + excluded.executions
            """;
    private static final String FOREIGN_KEY_VIOLATION = "23503";

    private PostgresCounters() {}

    /**
     * Adds {@code changes} to the counters.
     *
     * @return executions that no counter holds, because their account is gone
     */
    static long add(Handle handle, Map<CounterKey, CounterChange> changes) {
        if (changes.isEmpty()) {
            return 0;
        }
        Map<CounterKey, CounterChange> missing = new LinkedHashMap<>(changes);
        update(handle, changes, missing);
        long uncounted = 0;
        for (Map.Entry<CounterKey, CounterChange> entry : missing.entrySet()) {
            uncounted += insert(handle, entry.getKey(), entry.getValue())
                    ? 0
                    : entry.getValue().executions();
        }
        return uncounted;
    }

    private static void update(
            Handle handle, Map<CounterKey, CounterChange> changes, Map<CounterKey, CounterChange> missing) {
        handle.createQuery(ADD)
                .bindArray(
                        "users",
                        UUID.class,
                        changes.keySet().stream().map(CounterKey::accountId).toArray())
                .bindArray(
                        "tiers",
                        String.class,
                        changes.keySet().stream().map(CounterKey::tier).toArray())
                .bindArray(
                        "days",
                        Integer.class,
                        changes.keySet().stream()
                                .map(key -> Math.toIntExact(key.day().toEpochDay()))
                                .toArray())
                .bindArray(
                        "charged",
                        Long.class,
                        changes.values().stream().map(CounterChange::charged).toArray())
                .bindArray(
                        "released",
                        Long.class,
                        changes.values().stream().map(CounterChange::released).toArray())
                .bindArray(
                        "executions",
                        Long.class,
                        changes.values().stream().map(CounterChange::executions).toArray())
                .map((row, context) -> missing.remove(new CounterKey(
                        row.getObject("user_id", UUID.class),
                        row.getString("tier"),
                        row.getObject("day", LocalDate.class))))
                .list();
    }

    // A lease's counter exists from its grant, so only rows that were not charged can be first of their day. A counter
    // that is missing for a charged one went with its account.
    private static boolean insert(Handle handle, CounterKey key, CounterChange change) {
        if (change.charged() != 0 || change.released() != 0) {
            log.atWarn()
                    .addKeyValue("account", key.accountId())
                    .addKeyValue("tier", key.tier())
                    .addKeyValue("day", key.day())
                    .addKeyValue("charged", change.charged())
                    .addKeyValue("released", change.released())
                    .log("no counter for a lease: its account was deleted");
            return false;
        }
        if (change.executions() == 0) {
            return true;
        }
        handle.savepoint("counter");
        try {
            handle.createUpdate(INSERT)
                    .bind("user", key.accountId())
                    .bind("tier", key.tier())
                    .bind("day", key.day())
                    .bind("executions", change.executions())
                    .execute();
            handle.releaseSavepoint("counter");
            return true;
        } catch (UnableToExecuteStatementException e) {
            if (e.getCause() instanceof SQLException cause && FOREIGN_KEY_VIOLATION.equals(cause.getSQLState())) {
                handle.rollbackToSavepoint("counter");
                return false;
            }
            throw e;
        }
    }
}

package io.wasmwiz.metering.reconcile;

import io.wasmwiz.metering.reconcile.Finding.Kind;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.result.ResultIterator;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;

/**
 * The ledger as one snapshot shows it: positions, rows, leases and counters of one instant, while everything goes on. Each
 * row is read once, in the order of the log. Not thread-safe; its opener closes it, which ends the snapshot.
 */
final class Books implements AutoCloseable {
    /** Columns compared as text; the others are compared by their own type. */
    static final List<String> FIGURES = List.of(
            "api_key_id",
            "module_digest",
            "tier_version",
            "request_id",
            "batch_id",
            "item_id",
            "status",
            "exit_code",
            "trap",
            "admitted_at",
            "wall_time_us",
            "cpu_time_us",
            "queue_time_us",
            "peak_memory_bytes",
            "module_bytes",
            "input_bytes",
            "output_bytes",
            "cache_hit",
            "output_truncated",
            "output_lost");

    static final int FETCHED_ROWS = 2_000;

    private static final String POSITIONS =
            "SELECT partition, topic_id, next_offset FROM log_positions WHERE topic = :topic ORDER BY partition";
    private static final String ROWS = """
            SELECT execution_id, day, user_id, tier, lease_id, charged, uncharged_cause, log_partition, log_offset,
                   api_key_id, encode(module_digest, 'hex') AS module_digest, tier_version, request_id, batch_id, item_id,
                   status, exit_code, trap, (extract(epoch FROM admitted_at) * 1000000)::bigint AS admitted_at,
                   wall_time_us, cpu_time_us, queue_time_us, peak_memory_bytes, module_bytes, input_bytes, output_bytes,
                   cache_hit::text AS cache_hit, output_truncated::text AS output_truncated,
                   output_lost::text AS output_lost,
                   EXISTS (SELECT FROM log_topics t WHERE t.topic = :topic AND t.topic_id = :topicId
                             AND t.generation = u.log_generation) AS of_this_log
            FROM usage_logs u WHERE day BETWEEN :first AND :last
            ORDER BY of_this_log, log_partition, log_offset
            """;
    private static final String ROW_OF = """
            SELECT log_partition, log_offset FROM usage_logs WHERE day = :day AND execution_id = :id
            """;
    private static final String IS_DEAD = """
            SELECT EXISTS (SELECT FROM dead_events WHERE topic = :topic AND topic_id = :topicId
                           AND log_partition = :partition AND log_offset = :offset)
            """;
    private static final String LEASES = """
            SELECT id, user_id, tier, day, size, charged, state FROM quota_leases
            WHERE day BETWEEN :first AND :last
            """;

    // Rows of an account that is gone have no counter: it went with the account.
    private static final String COUNTERS = """
            WITH row_sums AS (
                SELECT user_id, tier, day, count(*) FILTER (WHERE charged) AS charged, count(*) AS executions
                FROM usage_logs WHERE day BETWEEN :first AND :last
                GROUP BY user_id, tier, day),
            lease_sums AS (
                SELECT user_id, tier, day, sum(CASE WHEN state = 'closed' THEN charged ELSE size END) AS held
                FROM quota_leases WHERE day BETWEEN :first AND :last
                GROUP BY user_id, tier, day)
            SELECT user_id, tier, day, c.held, c.charged, c.executions,
                   coalesce(r.charged, 0) AS row_charged, coalesce(r.executions, 0) AS row_executions,
                   coalesce(l.held, 0) AS lease_held
            FROM (SELECT * FROM daily_tier_counters
                  WHERE day BETWEEN :first AND :last) c
            FULL JOIN row_sums r USING (user_id, tier, day)
            FULL JOIN lease_sums l USING (user_id, tier, day)
            WHERE c.user_id IS NOT NULL OR EXISTS (SELECT FROM users WHERE id = user_id)
            """;

    /** How far one partition of the log is in the ledger. */
    record Position(UUID topicId, long nextOffset) {}

    /** Where a row says that it comes from. */
    record Place(int partition, long offset) {}

    private final Handle handle;
    private final String topic;
    private final Days days;

    private Books(Handle handle, String topic, Days days) {
        this.handle = handle;
        this.topic = topic;
        this.days = days.from(handle.createQuery("SELECT floor FROM usage_retention")
                .mapTo(LocalDate.class)
                .one());
    }

    /**
     * Opens a snapshot.
     *
     * @param days those to look at
     */
    static Books open(Jdbi jdbi, String topic, Days days, Duration statementTimeout) {
        Handle handle = jdbi.open();
        try {
            handle.setReadOnly(true);
            handle.setTransactionIsolationLevel(TransactionIsolationLevel.REPEATABLE_READ);
            handle.begin();
            handle.execute(
                    "SELECT set_config('statement_timeout', ?, true)", Long.toString(statementTimeout.toMillis()));
            return new Books(handle, topic, days);
        } catch (RuntimeException e) {
            handle.close();
            throw e;
        }
    }

    /** The days that are looked at: of those below the retention floor, nothing is compared. */
    Days days() {
        return days;
    }

    Map<Integer, Position> positions() {
        Map<Integer, Position> positions = new TreeMap<>();
        handle.createQuery(POSITIONS)
                .bind("topic", topic)
                .map((row, context) -> positions.put(
                        row.getInt("partition"),
                        new Position(row.getObject("topic_id", UUID.class), row.getLong("next_offset"))))
                .list();
        return positions;
    }

    /** Every row, those of earlier logs first, and then by partition and offset. The caller closes it. */
    ResultIterator<LedgerRow> rows(UUID topicId) {
        return handle.createQuery(ROWS)
                .bind("topic", topic)
                .bind("topicId", topicId)
                .bind("first", days.first())
                .bind("last", days.last())
                .setFetchSize(FETCHED_ROWS)
                .map((row, context) -> row(row))
                .iterator();
    }

    private static LedgerRow row(ResultSet row) throws SQLException {
        return new LedgerRow(
                row.getBoolean("of_this_log"),
                row.getInt("log_partition"),
                row.getLong("log_offset"),
                ExecutionFacts.of(row),
                row.getBoolean("charged"),
                row.getString("uncharged_cause"));
    }

    /** Where the row of an execution says that it comes from. */
    Optional<Place> placeOf(ExecutionFacts execution) {
        return handle.createQuery(ROW_OF)
                .bind("day", execution.day())
                .bind("id", execution.executionId())
                .map((row, context) -> new Place(row.getInt("log_partition"), row.getLong("log_offset")))
                .findOne();
    }

    boolean isDead(UUID topicId, int partition, long offset) {
        return handle.createQuery(IS_DEAD)
                .bind("topic", topic)
                .bind("topicId", topicId)
                .bind("partition", partition)
                .bind("offset", offset)
                .mapTo(Boolean.class)
                .one();
    }

    Map<UUID, LeaseAccount> leases() {
        Map<UUID, LeaseAccount> leases = new HashMap<>();
        handle.createQuery(LEASES)
                .bind("first", days.first())
                .bind("last", days.last())
                .setFetchSize(FETCHED_ROWS)
                .map((row, context) -> new LeaseAccount(
                        row.getObject("id", UUID.class),
                        row.getObject("user_id", UUID.class),
                        row.getString("tier"),
                        row.getObject("day", LocalDate.class),
                        row.getLong("size"),
                        row.getLong("charged"),
                        row.getString("state").equals("closed")))
                .forEach(lease -> leases.put(lease.id(), lease));
        return leases;
    }

    /** Compares every counter with its rows and leases. */
    void compareCounters(Tally tally) {
        handle.createQuery(COUNTERS)
                .bind("first", days.first())
                .bind("last", days.last())
                .setFetchSize(FETCHED_ROWS)
                .map((row, context) -> {
                    compareCounter(row, tally);
                    return 1;
                })
                .forEach(tally::comparedCounters);
    }

    /** Compares every rollup of an hour with its rows, and every one of a day with its hours. */
    void compareRollups(Tally tally) {
        RollupBooks.compare(handle, days, tally);
    }

    private static void compareCounter(ResultSet row, Tally tally) throws SQLException {
        compare(tally, row, "charged", "row_charged", "charged rows");
        compare(tally, row, "executions", "row_executions", "rows");
        compare(tally, row, "held", "lease_held", "units that leases hold");
    }

    private static void compare(Tally tally, ResultSet row, String counter, String sum, String ofWhat)
            throws SQLException {
        long counted = row.getLong(counter);
        long summed = row.getLong(sum);
        if (counted != summed) {
            tally.found(new Finding(
                    Kind.COUNTER_DIFFERS,
                    "counter of account %s, tier %s, day %s"
                            .formatted(row.getString("user_id"), row.getString("tier"), row.getString("day")),
                    "%s is %d and the %s are %d".formatted(counter, counted, ofWhat, summed)));
        }
    }

    /** Ends the snapshot. */
    @Override
    public void close() {
        try (handle) {
            handle.rollback();
        }
    }
}

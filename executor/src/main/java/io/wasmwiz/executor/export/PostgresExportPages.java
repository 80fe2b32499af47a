package io.wasmwiz.executor.export;

import io.wasmwiz.executor.export.ExportPage.Chunk;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * Pages of {@code account_usage_log_order}, each of one snapshot: rows, stored positions and watermark belong together. Reads
 * only the days in which the log's extents say that something may be. Thread-safe; does not own the pool.
 */
final class PostgresExportPages {
    private static final int CHUNK_BYTES = 192 * 1024;

    /** Statements that read rows, in one page. */
    private static final int MAX_WINDOWS = 16;

    /** Days that one statement looks into, if they do not overlap. */
    private static final int WINDOW_DAYS = 4;

    /** Offsets that one statement looks through at most, when those before it found few rows. */
    private static final long LARGEST_WINDOW_OFFSETS = 250_000;

    /** A window that finds less than this part of a page's rows is followed by one of twice the size. */
    private static final int SPARSE_PART = 4;

    /** The binary COPY format begins so, before the first row. */
    private static final int COPY_HEADER_BYTES = 19;

    // Rows come by the index in the order of the log, so that they are sent while they are read, and one page takes one
    // core.
    private static final String BEGIN = """
            SELECT set_config('wasmwiz.account_id', :account, true) AS account,
                   set_config('statement_timeout', '10s', true) AS statement,
                   set_config('enable_sort', 'off', true) AS sort,
                   set_config('enable_bitmapscan', 'off', true) AS bitmap,
                   set_config('max_parallel_workers_per_gather', '0', true) AS workers
            """;
    private static final String STATE = """
            SELECT w.complete_before, r.floor FROM usage_watermark w, usage_retention r
            """;
    // Topics that were replaced have no stored position any more: nothing comes after what they have.
    private static final String ENDS = """
            SELECT t.generation, t.topic_id, p.partition, p.next_offset
            FROM log_positions p JOIN log_topics t ON t.topic = p.topic AND t.topic_id = p.topic_id
            UNION ALL
            SELECT t.generation, t.topic_id, e.log_partition, max(e.last_offset) + 1
            FROM usage_log_extents e JOIN log_topics t ON t.generation = e.log_generation
            WHERE NOT EXISTS (SELECT FROM log_positions p WHERE p.topic = t.topic AND p.topic_id = t.topic_id)
            GROUP BY t.generation, t.topic_id, e.log_partition
            ORDER BY 1, 3
            """;
    private static final String DAYS = """
            SELECT day, first_offset, last_offset FROM usage_log_extents
            WHERE day >= :floor AND log_generation = :generation AND log_partition = :partition AND last_offset >= :from
              AND first_offset < :to
            ORDER BY first_offset, day
            """;
    private static final String FLOOR = "SELECT floor FROM usage_retention";
    private static final String DROPPED = """
            SELECT DISTINCT e.day
            FROM usage_log_extents e JOIN log_topics t ON t.generation = e.log_generation
            LEFT JOIN unnest(:topics, :partitions, :offsets) AS sent (topic_id, partition, next_offset)
              ON sent.topic_id = t.topic_id AND sent.partition = e.log_partition
            WHERE e.day >= :before AND e.day < :after AND e.last_offset >= coalesce(sent.next_offset, 0)
            """;
    private static final String KEY = "SELECT EXISTS (SELECT FROM api_keys WHERE id = :key AND user_id = :account)";

    private final Jdbi jdbi;
    private final int pageRows;

    PostgresExportPages(Jdbi jdbi, int pageRows) {
        this.jdbi = jdbi;
        this.pageRows = pageRows;
        jdbi.registerArrayType(UUID.class, "uuid")
                .registerArrayType(Integer.class, "int4")
                .registerArrayType(Long.class, "int8");
    }

    /** Whose executions, and which. */
    record Scope(UUID accountId, ExportFilter filter) {}

    /** Where a partition ends in a snapshot. */
    private record End(short generation, LogPartition partition, long nextOffset) {}

    private record Day(LocalDate day, long firstOffset, long lastOffset) {}

    /**
     * The next page.
     *
     * @param from empty: the beginning of what is kept
     * @throws UsageDroppedException when rows behind {@code from} may have been dropped
     */
    ExportPage next(Scope scope, Optional<ExportPosition> from) throws SQLException {
        return jdbi.withHandle(handle -> {
            ExportPage page = handle.inTransaction(
                    TransactionIsolationLevel.REPEATABLE_READ,
                    transaction -> new Reader(transaction, scope, pageRows).read(from));
            // Days are taken away after the floor was raised past them. So what this finds, and nothing else, may have
            // been missing already when the rows were read.
            LocalDate floor = handle.createQuery(FLOOR).mapTo(LocalDate.class).one();
            ExportPosition start =
                    from.orElseGet(() -> new ExportPosition(page.end().floor(), Map.of()));
            requireNothingDropped(handle, scope, start, floor);
            return new ExportPage(
                    page.chunks().stream()
                            .map(chunk -> new Chunk(chunk.rows(), chunk.end().withFloor(floor)))
                            .toList(),
                    page.end().withFloor(floor),
                    page.drained(),
                    page.completeBefore());
        });
    }

    /** Whether the account has a key of this id. */
    boolean hasKey(UUID accountId, UUID keyId) {
        return jdbi.inTransaction(handle -> {
            handle.createQuery(BEGIN)
                    .bind("account", accountId.toString())
                    .mapToMap()
                    .one();
            return handle.createQuery(KEY)
                    .bind("key", keyId)
                    .bind("account", accountId)
                    .mapTo(Boolean.class)
                    .one();
        });
    }

    private static void requireNothingDropped(Handle handle, Scope scope, ExportPosition start, LocalDate floor) {
        if (!start.floor().isBefore(floor)) {
            return;
        }
        boolean dropped = handle
                .createQuery(DROPPED)
                .bindArray(
                        "topics",
                        UUID.class,
                        start.next().keySet().stream()
                                .map(LogPartition::topicId)
                                .toArray())
                .bindArray(
                        "partitions",
                        Integer.class,
                        start.next().keySet().stream()
                                .map(LogPartition::partition)
                                .toArray())
                .bindArray("offsets", Long.class, start.next().values().toArray())
                .bind("before", start.floor())
                .bind("after", floor)
                .mapTo(LocalDate.class)
                .list()
                .stream()
                .anyMatch(scope.filter()::concerns);
        if (dropped) {
            throw new UsageDroppedException(floor, start.withFloor(floor));
        }
    }

    /** Reads one page inside its transaction. */
    private static final class Reader {
        private final Handle handle;
        private final Scope scope;
        private final List<Chunk> chunks = new ArrayList<>();
        private final UsageRowEncoder encoder = new UsageRowEncoder();
        private int rowsLeft;
        private int windowsLeft = MAX_WINDOWS;

        /**
         * Offsets that the next statement looks through. As many as a page has rows at first: a longer stretch would concern
         * more days, each of which takes time to plan for.
         */
        private long windowOffsets;

        Reader(Handle handle, Scope scope, int rows) {
            this.handle = handle;
            this.scope = scope;
            this.rowsLeft = rows;
            this.windowOffsets = scope.filter().isSelective() ? LARGEST_WINDOW_OFFSETS : rows;
        }

        ExportPage read(Optional<ExportPosition> from) throws SQLException {
            handle.createQuery(BEGIN)
                    .bind("account", scope.accountId().toString())
                    .mapToMap()
                    .one();
            record State(Instant completeBefore, LocalDate floor) {}
            State state = handle.createQuery(STATE)
                    .map((row, context) -> new State(
                            row.getObject("complete_before", OffsetDateTime.class)
                                    .toInstant(),
                            row.getObject("floor", LocalDate.class)))
                    .one();
            List<End> ends = handle.createQuery(ENDS)
                    .map((row, context) -> new End(
                            row.getShort("generation"),
                            new LogPartition(row.getObject("topic_id", UUID.class), row.getInt("partition")),
                            row.getLong("next_offset")))
                    .list();
            ExportPosition position = from.orElseGet(() -> new ExportPosition(state.floor(), Map.of()));
            boolean drained = true;
            for (End end : ends) {
                position = readPartition(end, state.floor(), position);
                drained &= position.of(end.partition()) >= end.nextOffset();
            }
            return new ExportPage(chunks, position, drained, state.completeBefore());
        }

        private ExportPosition readPartition(End end, LocalDate floor, ExportPosition start) throws SQLException {
            ExportPosition position = start;
            long from = start.of(end.partition());
            if (from >= end.nextOffset()) {
                return position;
            }
            List<Day> days = handle
                    .createQuery(DAYS)
                    .bind("floor", floor)
                    .bind("generation", end.generation())
                    .bind("partition", end.partition().partition())
                    .bind("from", from)
                    .bind("to", end.nextOffset())
                    .map((row, context) -> new Day(
                            row.getObject("day", LocalDate.class),
                            row.getLong("first_offset"),
                            row.getLong("last_offset")))
                    .list()
                    .stream()
                    .filter(day -> scope.filter().concerns(day.day()))
                    .toList();
            while (from < end.nextOffset() && rowsLeft > 0 && windowsLeft > 0) {
                long first = from;
                long to = days.isEmpty() ? end.nextOffset() : windowEnd(days, first, end.nextOffset());
                List<LocalDate> looked = days.stream()
                        .filter(day -> day.firstOffset() < to && day.lastOffset() >= first)
                        .map(Day::day)
                        .toList();
                from = looked.isEmpty() ? to : copy(end, position, looked, from, to);
                position = position.with(end.partition(), from);
            }
            return position;
        }

        // Days come in the order of their first offsets: rows before the first offset of a day that is left out are of
        // those before it.
        private long windowEnd(List<Day> days, long from, long last) {
            long to = Math.min(last, Math.addExact(from, windowOffsets));
            long started =
                    days.stream().filter(day -> day.firstOffset() <= from).count();
            int leftOut = Math.toIntExact(started) + WINDOW_DAYS;
            return leftOut < days.size()
                    ? Math.min(to, Math.max(from + 1, days.get(leftOut).firstOffset()))
                    : to;
        }

        /** Reads rows of {@code [from, to)}; returns up to where. */
        private long copy(End end, ExportPosition before, List<LocalDate> days, long from, long to)
                throws SQLException {
            windowsLeft--;
            String sql = """
                    COPY (SELECT %s FROM account_usage_log_order
                          WHERE user_id = '%s' AND day IN (%s) AND log_generation = %d AND log_partition = %d
                            AND log_offset >= %d AND log_offset < %d%s
                          ORDER BY log_offset LIMIT %d) TO STDOUT (FORMAT binary)
                    """.formatted(
                            UsageRowEncoder.COLUMNS,
                            scope.accountId(),
                            days.stream().map(day -> "'" + day + "'").collect(Collectors.joining(", ")),
                            end.generation(),
                            end.partition().partition(),
                            from,
                            to,
                            scope.filter().condition(),
                            rowsLeft);
            Connection connection = handle.getConnection();
            CopyOut copy = connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql);
            int rows = 0;
            long next = from;
            boolean first = true;
            for (byte[] data = copy.readFromCopy(); data != null; data = copy.readFromCopy()) {
                int start = first ? COPY_HEADER_BYTES : 0;
                first = false;
                // The last message, or the only one of no rows, holds the trailer: a field count of -1.
                if (data.length <= start || data[start] < 0) {
                    continue;
                }
                next = encoder.add(data, start) + 1;
                rows++;
                if (encoder.size() >= CHUNK_BYTES) {
                    chunks.add(new Chunk(encoder.take(), before.with(end.partition(), next)));
                }
            }
            if (rows < rowsLeft / SPARSE_PART) {
                windowOffsets = Math.max(windowOffsets, Math.min(LARGEST_WINDOW_OFFSETS, 2 * windowOffsets));
            }
            boolean full = rows == rowsLeft;
            rowsLeft -= rows;
            long reached = full ? next : to;
            if (encoder.size() > 0) {
                chunks.add(new Chunk(encoder.take(), before.with(end.partition(), reached)));
            }
            return reached;
        }
    }
}

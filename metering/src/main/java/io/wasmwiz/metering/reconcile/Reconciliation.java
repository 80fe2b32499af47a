package io.wasmwiz.metering.reconcile;

import com.google.protobuf.InvalidProtocolBufferException;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.events.v1.ExecutionLogRecord;
import io.wasmwiz.events.v1.LeaseClosed;
import io.wasmwiz.metering.consume.LogUnavailableException;
import io.wasmwiz.metering.reconcile.Books.Place;
import io.wasmwiz.metering.reconcile.Books.Position;
import io.wasmwiz.metering.reconcile.Finding.Kind;
import io.wasmwiz.metering.settle.AttemptId;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jdbi.v3.core.result.ResultIterator;
import org.jspecify.annotations.Nullable;

/**
 * Compares the books with the log, one pass over each, side by side in the order of the log. What it expects of a record:
 *
 * <ol>
 *   <li>The first event of an execution is its row; a later one of the same id is a repeat, and nothing. With a request id
 *       the first that is charged is the execution's row, and each before it a row under an {@link AttemptId}.
 *   <li>A row is charged if its event asks for it and its lease is known, of the same account, tier and day, not closed
 *       before, and has units left; otherwise the row is {@code late}, or {@code not_chargeable} where the event did not
 *       ask.
 *   <li>The first close of a lease settles it.
 *   <li>A record that is neither is a dead event.
 * </ol>
 *
 * Not thread-safe.
 */
final class Reconciliation {
    private static final String LATE = "late";
    private static final String NOT_CHARGEABLE = "not_chargeable";
    private static final int MAX_DOUBTS_PER_LEASE = 100;

    private final Books books;
    private final Tally tally;
    private final Deadline deadline;
    private final Map<UUID, LeaseAccount> leases;
    private final ResultIterator<LedgerRow> rows;
    private @Nullable LedgerRow nextRow;
    private boolean wholeLog = true;

    private Reconciliation(Books books, UUID topicId, Tally tally, Deadline deadline) throws ReconcileTimeoutException {
        this.books = books;
        this.tally = tally;
        this.deadline = deadline;
        this.leases = books.leases();
        this.rows = books.rows(topicId);
        advance();
    }

    /** Compares rows, leases and counters with each other and with the log as far as it reaches. */
    static Report run(Books books, EventLog log, int maxFindings, Deadline deadline)
            throws LogUnavailableException, ReconcileTimeoutException, InterruptedException {
        Tally tally = new Tally(maxFindings);
        UUID topicId = log.topicId();
        Reconciliation reconciliation = new Reconciliation(books, topicId, tally, deadline);
        try (reconciliation.rows) {
            reconciliation.skipRowsOfEarlierLogs();
            for (Map.Entry<Integer, Position> entry : books.positions().entrySet()) {
                reconciliation.compare(log, topicId, entry.getKey(), entry.getValue());
            }
            reconciliation.refuseRowsBefore(Integer.MAX_VALUE, Long.MAX_VALUE);
        }
        reconciliation.leases.values().forEach(lease -> lease.compare(reconciliation.wholeLog, tally));
        tally.comparedLeases(reconciliation.leases.size());
        books.compareCounters(tally);
        books.compareRollups(tally);
        return tally.report();
    }

    private void compare(EventLog log, UUID topicId, int partition, Position position)
            throws LogUnavailableException, ReconcileTimeoutException, InterruptedException {
        if (!position.topicId().equals(topicId)) {
            positionDiffers(
                    partition,
                    "it is of the topic %s, and the log is the topic %s".formatted(position.topicId(), topicId));
            skipRowsBefore(partition, Long.MAX_VALUE);
            return;
        }
        long start = log.start(partition, Instant.EPOCH);
        long end = log.end(partition);
        if (position.nextOffset() > end) {
            positionDiffers(partition, "it is %d, and the log ends at %d".formatted(position.nextOffset(), end));
        } else if (position.nextOffset() < start) {
            positionDiffers(partition, "it is %d, and the log starts at %d".formatted(position.nextOffset(), start));
        }
        long from = Math.max(start, log.start(partition, books.days().logStart()));
        wholeLog &= from == 0;
        refuseRowsBefore(partition, 0);
        skipRowsBefore(partition, from);
        long to = Math.min(position.nextOffset(), end);
        if (to > from) {
            log.read(partition, from, to, record -> compare(topicId, record));
        }
        refuseRowsBefore(partition + 1, 0);
    }

    private void positionDiffers(int partition, String detail) {
        tally.found(new Finding(Kind.POSITION_DIFFERS, "position of partition " + partition, detail));
    }

    private void compare(UUID topicId, ConsumerRecord<byte[], byte[]> record) throws ReconcileTimeoutException {
        deadline.check();
        tally.readRecord();
        refuseRowsBefore(record.partition(), record.offset());
        ExecutionLogRecord message = parse(record);
        switch (message.getRecordCase()) {
            case EXECUTION -> compare(topicId, record, message.getExecution());
            case LEASE_CLOSED -> close(topicId, record, message.getLeaseClosed());
            case RECORD_NOT_SET -> requireDead(topicId, record, "a record that is no event");
        }
    }

    private static ExecutionLogRecord parse(ConsumerRecord<byte[], byte[]> record) {
        try {
            return record.value() == null
                    ? ExecutionLogRecord.getDefaultInstance()
                    : ExecutionLogRecord.parseFrom(record.value());
        } catch (InvalidProtocolBufferException e) {
            return ExecutionLogRecord.getDefaultInstance();
        }
    }

    private void close(UUID topicId, ConsumerRecord<byte[], byte[]> record, LeaseClosed close) {
        if (close.getLeaseId().size() != 16 || close.getUserId().size() != 16) {
            requireDead(topicId, record, "the close of a lease without its ids");
            return;
        }
        LeaseAccount lease = leases.get(ExecutionFacts.uuid(close.getLeaseId()));
        if (lease != null && !books.isDead(topicId, record.partition(), record.offset())) {
            lease.close(ExecutionFacts.uuid(close.getUserId()));
        }
    }

    private void compare(UUID topicId, ConsumerRecord<byte[], byte[]> record, ExecutionEvent event)
            throws ReconcileTimeoutException {
        if (event.getExecutionId().size() != 16 || event.getUserId().size() != 16) {
            requireDead(topicId, record, "an execution without its ids");
            return;
        }
        ExecutionFacts expected = ExecutionFacts.of(event);
        if (!books.days().contains(expected.day())) {
            return;
        }
        LedgerRow row = takeRowAt(record.partition(), record.offset());
        if (row != null && isRowOf(row, expected, mayRepeat(event))) {
            compare(row, expected, event.getCharged());
            return;
        }
        if (row != null) {
            rowWithoutEvent(row);
        }
        Optional<Place> place = books.placeOf(expected);
        boolean repeat = place.isPresent()
                && place.get().partition() == record.partition()
                && place.get().offset() < record.offset();
        if (!repeat && !books.isDead(topicId, record.partition(), record.offset())) {
            boolean pays = event.getCharged() && pays(expected) != null;
            tally.found(new Finding(
                    Kind.EVENT_WITHOUT_ROW,
                    execution(expected),
                    "its event at partition %d, offset %d has no row, which should be %s"
                            .formatted(record.partition(), record.offset(), pays ? "charged" : "not charged")));
        }
    }

    private static boolean mayRepeat(ExecutionEvent event) {
        return !event.getRequestId().isEmpty() || !event.getBatchId().isEmpty();
    }

    private static boolean isRowOf(LedgerRow row, ExecutionFacts expected, boolean mayRepeat) {
        UUID id = row.facts().executionId();
        return id.equals(expected.executionId())
                || (mayRepeat && id.equals(AttemptId.of(expected.executionId(), row.partition(), row.offset())));
    }

    private void compare(LedgerRow row, ExecutionFacts expected, boolean asksCharge) {
        tally.comparedRow();
        String differences = expected.differencesTo(row.facts());
        if (!differences.isEmpty()) {
            tally.found(new Finding(Kind.ROW_DIFFERS, execution(expected), differences));
        }
        if (!asksCharge) {
            compareCharge(row, expected, NOT_CHARGEABLE);
            return;
        }
        LeaseAccount lease = pays(expected);
        if (lease == null) {
            compareCharge(row, expected, LATE);
        } else if (!row.charged() && LATE.equals(row.unchargedCause()) && lease.isStoredClosed()) {
            lease.closedBeforeLog(chargeDiffers(row, expected, "charged"), MAX_DOUBTS_PER_LEASE);
        } else if (!row.charged()) {
            tally.found(chargeDiffers(row, expected, "charged"));
        }
    }

    private @Nullable LeaseAccount pays(ExecutionFacts execution) {
        LeaseAccount lease = execution.leaseId() == null ? null : leases.get(execution.leaseId());
        return lease != null && lease.pays(execution) ? lease : null;
    }

    private void compareCharge(LedgerRow row, ExecutionFacts expected, String cause) {
        if (row.charged() || !cause.equals(row.unchargedCause())) {
            tally.found(chargeDiffers(row, expected, "not charged (" + cause + ")"));
        }
    }

    private static Finding chargeDiffers(LedgerRow row, ExecutionFacts expected, String should) {
        return new Finding(
                Kind.CHARGE_DIFFERS, execution(expected), "is %s and should be %s".formatted(row.charge(), should));
    }

    private void requireDead(UUID topicId, ConsumerRecord<byte[], byte[]> record, String what) {
        if (books.days().isOpenEnded() && !books.isDead(topicId, record.partition(), record.offset())) {
            tally.found(new Finding(
                    Kind.EVENT_WITHOUT_ROW,
                    "record at partition %d, offset %d".formatted(record.partition(), record.offset()),
                    what + " is not among the dead events"));
        }
    }

    /** The next row if it is of this place; rows before it were dealt with. */
    private @Nullable LedgerRow takeRowAt(int partition, long offset) throws ReconcileTimeoutException {
        LedgerRow row = nextRow;
        if (row == null || row.partition() != partition || row.offset() != offset) {
            return null;
        }
        advance();
        return row;
    }

    /** Rows before a place that should have been met by then: the log has no such event. */
    private void refuseRowsBefore(int partition, long offset) throws ReconcileTimeoutException {
        for (LedgerRow row = nextRow; row != null && isBefore(row, partition, offset); row = nextRow) {
            rowWithoutEvent(row);
            advance();
        }
    }

    /** Rows that are older than the log: leases and counters have them, nothing else can be said. */
    private void skipRowsBefore(int partition, long offset) throws ReconcileTimeoutException {
        for (LedgerRow row = nextRow; row != null && isBefore(row, partition, offset); row = nextRow) {
            skip(row);
        }
    }

    private void skipRowsOfEarlierLogs() throws ReconcileTimeoutException {
        for (LedgerRow row = nextRow; row != null && !row.ofThisLog(); row = nextRow) {
            wholeLog = false;
            skip(row);
        }
    }

    private void skip(LedgerRow row) throws ReconcileTimeoutException {
        LeaseAccount lease =
                row.facts().leaseId() == null ? null : leases.get(row.facts().leaseId());
        if (row.charged() && lease != null) {
            lease.chargedBefore(1);
        }
        tally.skippedRow();
        advance();
    }

    private static boolean isBefore(@Nullable LedgerRow row, int partition, long offset) {
        return row != null && (row.partition() < partition || (row.partition() == partition && row.offset() < offset));
    }

    private void advance() throws ReconcileTimeoutException {
        deadline.check();
        nextRow = rows.hasNext() ? rows.next() : null;
    }

    private void rowWithoutEvent(LedgerRow row) {
        tally.found(new Finding(
                Kind.ROW_WITHOUT_EVENT,
                execution(row.facts()),
                "its row is of partition %d, offset %d, where the log has no such event"
                        .formatted(row.partition(), row.offset())));
    }

    private static String execution(ExecutionFacts facts) {
        return "execution %s of account %s, day %s".formatted(facts.executionId(), facts.accountId(), facts.day());
    }
}

package io.wasmwiz.metering.lease;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.wasmwiz.events.v1.ExecutionLogRecord;
import io.wasmwiz.events.v1.LeaseClosed;
import io.wasmwiz.events.v1.LeaseCloser;
import io.wasmwiz.metering.MeteringMetrics;
import io.wasmwiz.metering.publish.LogWriter;
import io.wasmwiz.metering.publish.OutgoingRecord;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes leases for executors that died: commits them as {@code closing}, then publishes their end into their account's
 * partition, where the first end that is read settles the lease. Whatever dies in between, the next sweep goes on: a lease
 * stays {@code closing}, and its end is published again, until one was read. Repeated ends do nothing.
 *
 * <p>Called by one thread; any number of workers may sweep, one at a time does.
 */
public final class LeaseSweep {
    private static final Logger log = LoggerFactory.getLogger(LeaseSweep.class);
    private static final int BATCH = 500;

    /** An acknowledged end that is not settled after this time is published again: it may have been lost with the log. */
    private static final Duration REPEAT_AFTER = Duration.ofMinutes(5);

    private final AbandonedLeases leases;
    private final LogWriter writer;
    private final LeaseConfig config;
    private final MeteringMetrics metrics;
    private final Clock clock;

    public LeaseSweep(
            AbandonedLeases leases, LogWriter writer, LeaseConfig config, MeteringMetrics metrics, Clock clock) {
        this.leases = leases;
        this.writer = writer;
        this.config = config;
        this.metrics = metrics;
        this.clock = clock;
    }

    /** Closes what is due. Throws when the log does not take all of it. */
    public void sweep() {
        leases.tryTurn(turn -> {
            while (closeSome(turn)) {
                log.atDebug().log("more leases to close");
            }
        });
    }

    private boolean closeSome(AbandonedLeases.Turn turn) {
        int givenUp = turn.giveUp(config.grace(), BATCH);
        metrics.leasesGivenUp(givenUp);
        List<AbandonedLease> due = turn.unpublished(REPEAT_AFTER, BATCH);
        if (due.isEmpty()) {
            return givenUp == BATCH;
        }
        Instant now = clock.instant();
        LogWriter.Publication publication =
                writer.publish(due.stream().map(lease -> end(lease, now)).toList());
        turn.published(publication.durable().stream()
                .map(record -> UUID.fromString(record.id()))
                .toList());
        log.atInfo()
                .addKeyValue("leases", publication.durable().size())
                .log("leases of executors that are gone closed");
        if (!publication.fault().isEmpty()) {
            throw new IllegalStateException("the log did not take the ends of %d leases: %s"
                    .formatted(due.size() - publication.durable().size(), publication.fault()));
        }
        return givenUp == BATCH || due.size() == BATCH;
    }

    private static OutgoingRecord end(AbandonedLease lease, Instant now) {
        LeaseClosed end = LeaseClosed.newBuilder()
                .setLeaseId(bytes(lease.id()))
                .setUserId(bytes(lease.accountId()))
                .setCloser(LeaseCloser.LEASE_CLOSER_METERING)
                .setClosedAt(
                        Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()))
                .build();
        return OutgoingRecord.leaseClosed(
                lease.id(),
                lease.accountId(),
                now,
                ExecutionLogRecord.newBuilder().setLeaseClosed(end).build());
    }

    private static ByteString bytes(UUID id) {
        return ByteString.copyFrom(ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .flip());
    }
}

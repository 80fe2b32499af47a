package io.wasmwiz.metering.store;

import io.wasmwiz.metering.event.DeadReason;
import io.wasmwiz.metering.event.Decoded;
import io.wasmwiz.metering.event.LogBatch;
import io.wasmwiz.metering.event.LogEntry;
import io.wasmwiz.metering.settle.Lease;
import io.wasmwiz.metering.settle.LedgerRow;
import io.wasmwiz.metering.settle.RetentionFloor;
import io.wasmwiz.metering.settle.Settlement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/**
 * The ledger in PostgreSQL: the one transaction that makes metering exactly once.
 *
 * <p>Locks are taken in this order, each kind in the order of its key: positions, leases, keys, rollups, counters. Counters come
 * last because executors wait for them when they take a lease. Thread-safe.
 */
public final class PostgresLedger implements Ledger {
    private final Jdbi jdbi;
    private final LedgerConfig config;
    private final PostgresPositions positions;
    private final PostgresUsagePartitions partitions;
    private final TransactionHook hook;

    /**
     * A ledger.
     *
     * @param topic name of the log, part of the key of positions and dead events
     */
    public PostgresLedger(
            Jdbi jdbi, String topic, LedgerConfig config, PostgresUsagePartitions partitions, TransactionHook hook) {
        this.jdbi = jdbi;
        this.config = config;
        this.positions = new PostgresPositions(topic);
        this.partitions = partitions;
        this.hook = hook;
        SqlArrays.register(jdbi);
    }

    @Override
    public Map<Integer, StoredPosition> positions(UUID topicId, Collection<Integer> wanted) {
        try {
            return jdbi.inTransaction(handle -> {
                TransactionLimits.set(handle, config);
                return positions.load(handle, topicId, wanted);
            });
        } catch (JdbiException e) {
            throw new LedgerException("could not read the stored positions: " + e.getMessage(), e);
        }
    }

    @Override
    public WriteOutcome write(LogBatch batch, UUID topicId) {
        try {
            partitions.ensure(batch.days());
            WriteOutcome outcome = jdbi.inTransaction(handle -> inTransaction(handle, batch, topicId));
            hook.afterCommit();
            return outcome;
        } catch (MissingPartitionException e) {
            // Someone dropped a partition that this process had seen: the next attempt makes it anew.
            partitions.forget();
            throw new LedgerException("a day's partition of usage_logs is missing: " + e.getMessage(), e);
        } catch (JdbiException | SQLException e) {
            throw new LedgerException("could not write the batch: " + e.getMessage(), e);
        }
    }

    private WriteOutcome inTransaction(Handle handle, LogBatch batch, UUID topicId) throws SQLException {
        TransactionLimits.set(handle, config);
        Located located = positions.locate(handle, batch.ranges(), topicId);
        if (located instanceof Located.Elsewhere elsewhere) {
            return elsewhere.outcome();
        }
        Located.Here here = (Located.Here) located;
        RetentionFloor.Kept kept = here.retention().apply(batch.entries());
        List<Lease> leases = PostgresLeases.lock(handle, Settlement.leasesNamed(kept.entries()));
        Settlement settlement = writeRows(handle, here.generation(), kept.entries(), leases);
        positions.writeDead(handle, settlement.dead(), topicId);
        PostgresLeases.update(handle, settlement.leaseChanges());
        PostgresApiKeys.touch(handle, settlement.lastUsed(), config.lastUsedGranularity());
        positions.advance(handle, batch.ranges());
        PostgresRollups.add(handle, here.generation(), settlement.rows());
        long uncounted = PostgresCounters.add(handle, settlement.counters());
        hook.beforeCommit(handle);
        return written(settlement, kept.skipped(), uncounted);
    }

    /**
     * Copies the rows as if none were on the ledger yet and all were good, which is true of nearly every batch. Only when
     * PostgreSQL refuses the copy are the known ids read and bad rows looked for; the settlement is then worked out
     * anew, so that neither a duplicate nor a bad row costs its account anything. An uncharged run of a request id has an id
     * that nothing else has, so that PostgreSQL would not refuse it although its execution is charged: with one of these,
     * which are rare, the known ids are read first.
     */
    private static Settlement writeRows(Handle handle, short generation, List<LogEntry> entries, List<Lease> leases)
            throws SQLException {
        Settlement settlement = Settlement.of(entries, leases, Set.of());
        boolean hasAttempts = settlement.rows().stream().anyMatch(LedgerRow::isAttempt);
        if (!hasAttempts
                && UsageLogCopy.of(handle, generation, settlement.rows())
                        .copyAll()
                        .isEmpty()) {
            return settlement;
        }
        Set<UUID> onLedger = PostgresUsageLogs.known(handle, entries);
        settlement = Settlement.of(entries, leases, onLedger);
        UsageLogCopy copy = UsageLogCopy.of(handle, generation, settlement.rows());
        if (copy.copyAll().isEmpty()) {
            return settlement;
        }
        Map<LogEntry, String> refused = copy.findRefused();
        List<LogEntry> isolated = entries.stream()
                .map(entry -> refused.containsKey(entry)
                        ? entry.dead(DeadReason.REFUSED_BY_DATABASE, refused.getOrDefault(entry, ""))
                        : entry)
                .toList();
        settlement = Settlement.of(isolated, leases, onLedger);
        Optional<SQLException> failure =
                UsageLogCopy.of(handle, generation, settlement.rows()).copyAll();
        if (failure.isPresent()) {
            throw failure.get();
        }
        return settlement;
    }

    private static WriteOutcome.Written written(Settlement settlement, int skipped, long uncounted) {
        Map<DeadReason, Integer> dead = new EnumMap<>(DeadReason.class);
        for (LogEntry entry : settlement.dead()) {
            if (entry.decoded() instanceof Decoded.Dead cause) {
                dead.merge(cause.reason(), 1, Integer::sum);
            }
        }
        int rows = settlement.rows().size();
        return new WriteOutcome.Written(
                settlement.charged(),
                settlement.late(),
                rows - settlement.charged() - settlement.late(),
                settlement.duplicates(),
                skipped,
                dead,
                settlement.leasesSettled(),
                settlement.leaseClosesRepeated(),
                settlement.leaseClosesUnknown(),
                uncounted);
    }
}

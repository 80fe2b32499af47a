package io.wasmwiz.metering.settle;

import io.wasmwiz.metering.event.Decoded;
import io.wasmwiz.metering.event.LogEntry;
import io.wasmwiz.metering.event.UsageEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a batch means, worked out record by record in log order. The rules keep {@code charged <= held} true after every
 * record: a unit is charged only against an open lease with units left, and only the first close of a lease releases,
 * namely what the lease did not charge. Immutable once made.
 */
public final class Settlement {
    private final Map<UUID, LeaseState> leases = new HashMap<>();
    private final Set<UUID> onLedger;
    private final List<LedgerRow> rows = new ArrayList<>();
    private final List<LogEntry> dead = new ArrayList<>();
    private final Map<CounterKey, CounterChange> counters = new LinkedHashMap<>();
    private final Map<UUID, Instant> lastUsed = new LinkedHashMap<>();
    private int charged;
    private int late;
    private int duplicates;
    private int leasesSettled;
    private int leaseClosesRepeated;
    private int leaseClosesUnknown;

    private Settlement(Collection<Lease> leases, Set<UUID> onLedger) {
        leases.forEach(lease -> this.leases.put(lease.id(), new LeaseState(lease)));
        this.onLedger = new HashSet<>(onLedger);
    }

    /**
     * Settles a batch.
     *
     * @param entries in log order within each account
     * @param leases those that the entries name, as far as they exist
     * @param onLedger ids among those of {@code entries}, as executions and as uncharged runs of a request, that have a row
     *     already
     */
    public static Settlement of(List<LogEntry> entries, Collection<Lease> leases, Set<UUID> onLedger) {
        Settlement settlement = new Settlement(leases, onLedger);
        entries.forEach(settlement::apply);
        return settlement;
    }

    /** The leases that {@code entries} name. */
    public static Set<UUID> leasesNamed(List<LogEntry> entries) {
        Set<UUID> named = new HashSet<>();
        for (LogEntry entry : entries) {
            if (entry.decoded() instanceof Decoded.LeaseClosed close) {
                named.add(close.leaseId());
            } else if (entry.decoded() instanceof Decoded.Execution execution
                    && execution.event().asksCharge()
                    && execution.event().leaseId() != null) {
                named.add(execution.event().leaseId());
            }
        }
        return named;
    }

    private void apply(LogEntry entry) {
        Decoded decoded = entry.decoded();
        if (decoded instanceof Decoded.Execution execution) {
            record(entry, execution.event());
        } else if (decoded instanceof Decoded.LeaseClosed close) {
            close(close);
        } else if (decoded instanceof Decoded.Dead) {
            dead.add(entry);
        } else {
            throw new IllegalArgumentException("a record of a newer schema cannot be settled: " + decoded);
        }
    }

    // Duplicates are decided before lateness and size: a repeat of a charged execution is no late one. Of the runs of a
    // request id only the charged one takes the execution's id, so an uncharged one before it does not make it a
    // duplicate.
    private void record(LogEntry entry, UsageEvent event) {
        if (onLedger.contains(event.executionId())) {
            duplicates++;
            return;
        }
        UnchargedCause cause = charge(event);
        LedgerRow row = LedgerRow.of(entry, event, cause);
        if (!onLedger.add(row.id())) {
            duplicates++;
            return;
        }
        rows.add(row);
        if (cause == null) {
            charged++;
        } else if (cause == UnchargedCause.LATE) {
            late++;
        }
        count(
                new CounterKey(event.accountId(), event.tier(), event.day()),
                new CounterChange(cause == null ? 1 : 0, 0, 1));
        if (event.apiKeyId() != null) {
            lastUsed.merge(event.apiKeyId(), event.admittedAt(), (a, b) -> a.isAfter(b) ? a : b);
        }
    }

    private @Nullable UnchargedCause charge(UsageEvent event) {
        if (!event.asksCharge()) {
            return UnchargedCause.NOT_CHARGEABLE;
        }
        LeaseState lease = event.leaseId() == null ? null : leases.get(event.leaseId());
        return lease != null && lease.pays(event) ? null : UnchargedCause.LATE;
    }

    private void close(Decoded.LeaseClosed close) {
        LeaseState lease = leases.get(close.leaseId());
        if (lease == null || !lease.lease.accountId().equals(close.accountId())) {
            leaseClosesUnknown++;
        } else if (lease.closed) {
            leaseClosesRepeated++;
        } else {
            leasesSettled++;
            lease.closed = true;
            count(
                    new CounterKey(lease.lease.accountId(), lease.lease.tier(), lease.lease.day()),
                    new CounterChange(0, lease.lease.size() - lease.charged, 0));
        }
    }

    private void count(CounterKey key, CounterChange change) {
        counters.merge(key, change, CounterChange::plus);
    }

    /** New rows, in log order. */
    public List<LedgerRow> rows() {
        return Collections.unmodifiableList(rows);
    }

    /** Records that are no rows, in log order. */
    public List<LogEntry> dead() {
        return Collections.unmodifiableList(dead);
    }

    /** Changes of counters. */
    public Map<CounterKey, CounterChange> counters() {
        return Collections.unmodifiableMap(counters);
    }

    /** Changed leases only. */
    public List<LeaseChange> leaseChanges() {
        return leases.values().stream()
                .filter(LeaseState::isChanged)
                .map(state -> new LeaseChange(state.lease.id(), state.charged, state.closed && !state.lease.closed()))
                .toList();
    }

    /** The newest admission per API key, of new rows. */
    public Map<UUID, Instant> lastUsed() {
        return Collections.unmodifiableMap(lastUsed);
    }

    /** New rows that are charged. */
    public int charged() {
        return charged;
    }

    /** New rows that came late. */
    public int late() {
        return late;
    }

    /** Events whose execution had a row already. */
    public int duplicates() {
        return duplicates;
    }

    /** Leases that this batch settles. */
    public int leasesSettled() {
        return leasesSettled;
    }

    /** Closes of leases that were settled before. */
    public int leaseClosesRepeated() {
        return leaseClosesRepeated;
    }

    /** Closes that name no lease of their account. */
    public int leaseClosesUnknown() {
        return leaseClosesUnknown;
    }

    /** A lease while the batch is worked through. */
    private static final class LeaseState {
        private final Lease lease;
        private long charged;
        private boolean closed;

        private LeaseState(Lease lease) {
            this.lease = lease;
            this.charged = lease.charged();
            this.closed = lease.closed();
        }

        private boolean pays(UsageEvent event) {
            boolean pays = !closed
                    && charged < lease.size()
                    && lease.accountId().equals(event.accountId())
                    && lease.tier().equals(event.tier())
                    && lease.day().equals(event.day());
            if (pays) {
                charged++;
            }
            return pays;
        }

        private boolean isChanged() {
            return charged != lease.charged() || closed != lease.closed();
        }
    }
}

package io.wasmwiz.metering.reconcile;

import io.wasmwiz.metering.reconcile.Finding.Kind;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A lease as its row stands, and as the log makes it out record by record. Not thread-safe. */
final class LeaseAccount {
    private final UUID id;
    private final UUID accountId;
    private final String tier;
    private final LocalDate day;
    private final long size;
    private final long storedCharged;
    private final boolean storedClosed;

    private long charged;
    private boolean closed;
    /** Findings that count only if the log has the lease's close: otherwise it came before the log's first record. */
    private final List<Finding> doubtful = new ArrayList<>(0);

    LeaseAccount(
            UUID id, UUID accountId, String tier, LocalDate day, long size, long storedCharged, boolean storedClosed) {
        this.id = id;
        this.accountId = accountId;
        this.tier = tier;
        this.day = day;
        this.size = size;
        this.storedCharged = storedCharged;
        this.storedClosed = storedClosed;
    }

    UUID id() {
        return id;
    }

    /** Units that rows older than the log's first record used. */
    void chargedBefore(long units) {
        charged += units;
    }

    /** Whether it pays for {@code execution}; if so, one unit is used. */
    boolean pays(ExecutionFacts execution) {
        boolean pays = !closed
                && charged < size
                && accountId.equals(execution.accountId())
                && tier.equals(execution.tier())
                && day.equals(execution.day());
        if (pays) {
            charged++;
        }
        return pays;
    }

    /** Takes back what {@link #pays} used, where the row was late for a close that the log no longer has. */
    void closedBeforeLog(Finding otherwise, int maxDoubts) {
        charged--;
        if (doubtful.size() < maxDoubts) {
            doubtful.add(otherwise);
        }
    }

    boolean isStoredClosed() {
        return storedClosed;
    }

    void close(UUID closingAccount) {
        closed |= accountId.equals(closingAccount);
    }

    /**
     * Compares, once the log is read.
     *
     * @param wholeLog whether the log still has its first record
     */
    void compare(boolean wholeLog, Tally tally) {
        if (closed || wholeLog) {
            doubtful.forEach(tally::found);
        }
        if (charged != storedCharged) {
            differs(tally, "charged is %d and should be %d".formatted(storedCharged, charged));
        }
        if (closed && !storedClosed) {
            differs(tally, "the log closes it and it is not closed");
        }
        if (storedClosed && !closed && wholeLog) {
            differs(tally, "it is closed and the log does not close it");
        }
    }

    private void differs(Tally tally, String detail) {
        tally.found(new Finding(Kind.LEASE_DIFFERS, "lease %s of account %s".formatted(id, accountId), detail));
    }
}

package io.wasmwiz.metering.reconcile;

/**
 * One place where the books disagree.
 *
 * @param subject what is wrong: an execution, a lease, a counter, a rollup or a partition of the log, by its name
 * @param detail what is there and what should be, for operators
 */
public record Finding(Kind kind, String subject, String detail) {
    /** All of it in one line, for operators. */
    String sentence() {
        return kind + "  " + subject + ": " + detail;
    }

    /** What disagrees with what. */
    public enum Kind {
        /** The log has an execution that has no row. */
        EVENT_WITHOUT_ROW,
        /** A row names a place in the log where its execution is not. */
        ROW_WITHOUT_EVENT,
        /** A row's values are not its event's. */
        ROW_DIFFERS,
        /** A row is charged and should not be, or the other way round, or for another cause. */
        CHARGE_DIFFERS,
        /** A lease's charged units or its state are not what log and rows say. */
        LEASE_DIFFERS,
        /** A counter is not the sum of its rows and leases. */
        COUNTER_DIFFERS,
        /** A rollup is not the sum of its rows. */
        ROLLUP_DIFFERS,
        /** The stored position and the log do not fit together. */
        POSITION_DIFFERS
    }
}

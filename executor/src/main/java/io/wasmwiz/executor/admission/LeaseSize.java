package io.wasmwiz.executor.admission;

/** How many units a lease has. Stateless. */
final class LeaseSize {
    /** A lease is at most this part of a day, so that one executor cannot hold much that another could use. */
    private static final long PARTS_OF_A_DAY = 50;

    /** The last leases' worth of units is handed out call by call. */
    private static final long LEASES_NEAR_LIMIT = 4;

    private LeaseSize() {}

    /**
     * Units to grant: what is wanted, but at most a fiftieth of the day and {@code maximum}; more only when more calls
     * wait. Near the limit no more than the calls that wait, so that no unit is stranded where nobody asks for it.
     *
     * @return 0 when nothing remains
     */
    static long of(long limit, long remaining, long wanted, long waiting, long maximum) {
        long cap = Math.max(1, Math.min(limit / PARTS_OF_A_DAY, maximum));
        boolean nearLimit = remaining <= LEASES_NEAR_LIMIT * cap;
        long useful = nearLimit ? waiting : Math.max(waiting, Math.min(wanted, cap));
        return Math.max(0, Math.min(remaining, useful));
    }
}

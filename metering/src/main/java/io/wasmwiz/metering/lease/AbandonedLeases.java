package io.wasmwiz.metering.lease;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/** The leases whose executors are gone, as the store sees them. */
public interface AbandonedLeases {
    /** One sweep's turn: nobody else has one meanwhile. */
    interface Turn {
        /**
         * Makes leases {@code closing} whose time is over by the store's clock, oldest first, and commits: they cannot be
         * renewed from then on, and still pay for what the log says before their end.
         *
         * @param grace added to use-by and the longest run of the lease's tier
         * @return how many
         */
        int giveUp(Duration grace, int limit);

        /** Closing leases, oldest first, whose end was not acknowledged, or longer than {@code repeatAfter} ago. */
        List<AbandonedLease> unpublished(Duration repeatAfter, int limit);

        /** The log has acknowledged the ends of these. */
        void published(Collection<UUID> leaseIds);
    }

    /** What is done in a turn. */
    interface Work {
        void run(Turn turn);
    }

    /** Does {@code work} unless somebody else is at it; returns whether it was done. */
    boolean tryTurn(Work work);
}

package io.wasmwiz.metering.event;

import java.util.UUID;

/** What a record of the event log turned out to be. */
public sealed interface Decoded {
    /** An execution that the ledger can hold as it is. */
    record Execution(UsageEvent event) implements Decoded {}

    /** The end of a lease. */
    record LeaseClosed(UUID leaseId, UUID accountId) implements Decoded {}

    /**
     * A record that can be no row, now or later.
     *
     * @param detail for operators, at most {@value DeadReason#MAX_DETAIL} characters, without NUL
     */
    record Dead(DeadReason reason, String detail) implements Decoded {
        public Dead {
            String printable = detail.replace('\0', ' ');
            detail = printable.length() <= DeadReason.MAX_DETAIL
                    ? printable
                    : printable.substring(0, DeadReason.MAX_DETAIL);
        }
    }

    /** A record by a newer producer: it must not be skipped, so its partition waits for a newer worker. */
    record NewerSchema(String detail) implements Decoded {}
}

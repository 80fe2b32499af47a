package io.wasmwiz.local.chaos;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One call of the load and how it ended.
 *
 * @param account who called
 * @param inputBytes length of its input, by which a row without a request id is found again
 * @param requestId null: none
 * @param end what the client knows
 * @param executionId null where no reply named it
 * @param detail the run's status, or the refusal's code and reason
 */
record Call(
        UUID account,
        long inputBytes,
        @Nullable UUID requestId,
        Instant started,
        Instant ended,
        End end,
        @Nullable UUID executionId,
        String detail) {
    /** What the client knows of a call. */
    enum End {
        /** A receipt that says charged. */
        CHARGED,
        /** A receipt that says not charged. */
        NOT_CHARGED,
        /** A refusal before anything ran. */
        REFUSED,
        /** No definitive answer. */
        UNKNOWN
    }
}

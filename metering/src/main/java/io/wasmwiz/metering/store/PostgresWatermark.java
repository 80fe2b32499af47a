package io.wasmwiz.metering.store;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/**
 * {@code usage_watermark}: up to which admission everything that is charged is on the ledger. Any number of workers may
 * move it on; it never goes back. Thread-safe.
 */
public final class PostgresWatermark {
    /** How long grants may have to wait behind this for grants before it. */
    private static final String SHORT_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '100ms'";

    private static final String ADVANCE = """
            SELECT complete_before, computed_at
            FROM advance_usage_watermark(:grantTimeoutMillis) AS complete_before, (SELECT now() AS computed_at) AS present
            """;
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private final Jdbi jdbi;
    private final LedgerConfig config;
    private final Duration grantTimeout;

    /**
     * The watermark.
     *
     * @param grantTimeout how long a grant may take from its beginning until it writes its lease
     */
    public PostgresWatermark(Jdbi jdbi, LedgerConfig config, Duration grantTimeout) {
        this.jdbi = jdbi;
        this.config = config;
        this.grantTimeout = grantTimeout;
    }

    /**
     * The watermark as it stood.
     *
     * @param completeBefore every execution admitted before it that is ever charged is on the ledger
     * @param computedAt by the same clock
     */
    public record Mark(Instant completeBefore, Instant computedAt) {
        /** How far it is behind. */
        public Duration lag() {
            return Duration.between(completeBefore, computedAt);
        }
    }

    /** Moves it on as far as may be; empty when a grant was writing its lease all the time, and the next call will do. */
    public Optional<Mark> advance() {
        try {
            return Optional.of(jdbi.inTransaction(handle -> {
                TransactionLimits.set(handle, config);
                handle.execute(SHORT_LOCK_TIMEOUT);
                return handle.createQuery(ADVANCE)
                        .bind("grantTimeoutMillis", grantTimeout.toMillis())
                        .map((row, context) -> new Mark(
                                row.getObject("complete_before", OffsetDateTime.class)
                                        .toInstant(),
                                row.getObject("computed_at", OffsetDateTime.class)
                                        .toInstant()))
                        .one();
            }));
        } catch (JdbiException e) {
            if (e.getCause() instanceof SQLException refusal && LOCK_NOT_AVAILABLE.equals(refusal.getSQLState())) {
                return Optional.empty();
            }
            throw e;
        }
    }
}

package io.wasmwiz.executor.admission;

import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/** Metering's part of a lease's end, without a log: charges what it is told and returns the rest. Stateless. */
final class Settlement {
    private static final String CLOSE = """
            UPDATE quota_leases SET state = 'closed', closed_at = now(), charged = :charged
            WHERE id = :lease AND state = 'open'
            """;
    private static final String RETURN = """
            UPDATE daily_tier_counters c
            SET held = c.held - l.size + l.charged, charged = c.charged + l.charged,
                executions = c.executions + l.charged
            FROM quota_leases l
            WHERE l.id = :lease AND c.user_id = l.user_id AND c.tier = l.tier AND c.day = l.day
            """;

    private Settlement() {}

    static void settle(Jdbi superuser, UUID leaseId, long charged) {
        superuser.useTransaction(handle -> {
            int closed = handle.createUpdate(CLOSE)
                    .bind("lease", leaseId)
                    .bind("charged", charged)
                    .execute();
            if (closed == 1) {
                handle.createUpdate(RETURN).bind("lease", leaseId).execute();
            }
        });
    }
}

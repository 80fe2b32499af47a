package io.wasmwiz.executor.usage;

import java.time.Instant;
import java.util.Optional;

/**
 * The counters of an account on its tier, and of one of its keys, for this UTC day and minute by the database's clock.
 *
 * @param day of the account
 * @param charged executions of the day charged on the ledger
 * @param executions executions of the day on the ledger, charged or not
 * @param minute of the account
 * @param keyDay of the key; empty unless it has a limit of its own below its tier's
 * @param keyMinute of the key; empty unless it has a limit of its own below its tier's
 */
public record QuotaCounts(
        Window day, long charged, long executions, Window minute, Optional<Window> keyDay, Optional<Window> keyMinute) {
    /**
     * One allowance.
     *
     * @param limit units
     * @param held units that executors took out and did not return, used ones included
     * @param resetsAt when it ends
     */
    public record Window(long limit, long held, Instant resetsAt) {}
}

package io.wasmwiz.executor.usage;

import java.time.Instant;

/**
 * The counters of an account on its tier for this UTC day.
 *
 * @param charged executions charged on the ledger
 * @param held units that executors took out, charged ones included
 * @param executions executions on the ledger, charged or not
 * @param resetsAt when the day ends, by the database's clock
 */
public record DailyQuota(long charged, long held, long executions, Instant resetsAt) {}

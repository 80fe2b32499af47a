package io.wasmwiz.executor.admin;

/**
 * What a tier allows.
 *
 * @param memoryMib linear memory of one execution in MiB
 * @param runTimeMillis longest run of one execution
 * @param maxConcurrency executions in progress at once
 */
public record TierFigures(
        int executionsPerMinute, int executionsPerDay, int memoryMib, int runTimeMillis, int maxConcurrency) {}

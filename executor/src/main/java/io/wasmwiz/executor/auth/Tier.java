package io.wasmwiz.executor.auth;

import java.time.Duration;

/**
 * The limits that apply to a caller: its account's tier, lowered by its key where the key says so.
 *
 * @param name of the tier, for example "Free"
 * @param version of its figures, from 1
 * @param executionsPerMinute executions that may start in one UTC minute
 * @param executionsPerDay executions that may be charged in one UTC day
 * @param memoryMib linear memory of one execution in MiB
 * @param runTime longest run of one execution
 * @param maxConcurrency executions accepted at once, waiting ones included, and runs in sandboxes at once
 */
public record Tier(
        String name,
        int version,
        int executionsPerMinute,
        int executionsPerDay,
        int memoryMib,
        Duration runTime,
        int maxConcurrency) {
    /** Linear memory in pages of 64 KiB. */
    public int memoryPages() {
        return memoryMib * 16;
    }
}

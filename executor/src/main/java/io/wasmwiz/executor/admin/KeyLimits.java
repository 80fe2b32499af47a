package io.wasmwiz.executor.admin;

import org.jspecify.annotations.Nullable;

/**
 * Limits of a key below its tier's; null: the tier's.
 *
 * @param memoryMib linear memory of one execution in MiB
 * @param runTimeMillis longest run of one execution
 */
public record KeyLimits(
        @Nullable Integer executionsPerMinute,
        @Nullable Integer executionsPerDay,
        @Nullable Integer memoryMib,
        @Nullable Integer runTimeMillis) {
    static final KeyLimits NONE = new KeyLimits(null, null, null, null);
}

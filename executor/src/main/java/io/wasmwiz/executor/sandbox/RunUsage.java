package io.wasmwiz.executor.sandbox;

/**
 * What a run took.
 *
 * @param queueNanos from {@code run} to its start
 * @param wallNanos from its start to its end
 * @param cpuNanos CPU time of the thread that ran it, compilation excluded
 * @param peakMemoryBytes highest linear memory, a multiple of the page size
 * @param cacheHit whether the sandbox had compiled the module before this run
 */
public record RunUsage(long queueNanos, long wallNanos, long cpuNanos, long peakMemoryBytes, boolean cacheHit) {}

package io.wasmwiz.metering.consume;

/**
 * How far a partition reaches.
 *
 * @param start first offset that is still there
 * @param end offset of the next record to come
 */
record LogRange(long start, long end) {}

package io.wasmwiz.executor.admin;

/**
 * What a request made.
 *
 * @param repeated whether an earlier request of the same id had made it
 */
public record Made<T>(T value, boolean repeated) {}

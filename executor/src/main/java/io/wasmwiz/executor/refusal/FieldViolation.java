package io.wasmwiz.executor.refusal;

/**
 * A field of a request that cannot be taken.
 *
 * @param field its path in the request message, for example {@code limits.run_time}
 * @param reason stable UPPER_SNAKE word for programs
 * @param description what is wrong and what is allowed; never repeats more than a few characters of the value
 */
public record FieldViolation(String field, String reason, String description) {}

package io.wasmwiz.service.health;

import java.util.concurrent.Callable;

/**
 * One dependency of a service.
 *
 * @param name lower-case word for people and metrics, for example {@code postgresql}
 * @param probe throws while the dependency does not serve; its message is shown to operators; must return or throw
 *     within a few seconds
 */
public record HealthCheck(String name, Callable<?> probe) {}

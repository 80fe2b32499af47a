package io.wasmwiz.service.config;

import java.util.ArrayList;
import java.util.List;

/**
 * Collects the faults of a configuration, so that all are reported at once. Not thread-safe.
 *
 * <pre>{@code
 * var problems = new Problems();
 * problems.require(port > 0, "--grpc-port must be 1 to 65535, was %d", port);
 * problems.check();
 * }</pre>
 */
public final class Problems {
    private final List<String> faults = new ArrayList<>();

    /** Notes a fault unless {@code condition} holds. */
    public Problems require(boolean condition, String fault, Object... arguments) {
        if (!condition) {
            faults.add(fault.formatted(arguments));
        }
        return this;
    }

    /** Notes a fault unless {@code value} lies within {@code minimum} and {@code maximum}, both included. */
    public Problems requireRange(String name, long value, long minimum, long maximum) {
        return require(
                value >= minimum && value <= maximum, "%s must be %d to %d, was %d", name, minimum, maximum, value);
    }

    /** Throws {@link ConfigException} with every fault noted so far, if there is one. */
    public void check() {
        if (!faults.isEmpty()) {
            throw new ConfigException(faults);
        }
    }
}

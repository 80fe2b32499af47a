package io.wasmwiz.executor.sandbox;

import java.time.Duration;

/**
 * What one run may use.
 *
 * @param runTime wall time from the first instruction, positive
 * @param memoryPages linear memory in pages of 64 KiB, 1 to 65,536
 * @param stdoutBytes bytes of standard output that are kept, at least 0
 * @param stderrBytes bytes of standard error that are kept, at least 0
 */
public record RunLimits(Duration runTime, int memoryPages, int stdoutBytes, int stderrBytes) {
    /** Bytes of a WebAssembly page (core specification, "Memory Instances"). */
    public static final int PAGE_BYTES = 65_536;

    public RunLimits {
        if (runTime.isNegative() || runTime.isZero()) {
            throw new IllegalArgumentException("runTime must be positive, was " + runTime);
        }
        if (memoryPages < 1 || memoryPages > 65_536) {
            throw new IllegalArgumentException("memoryPages must be 1 to 65536, was " + memoryPages);
        }
        if (stdoutBytes < 0 || stderrBytes < 0) {
            throw new IllegalArgumentException("output limits must not be negative");
        }
    }
}

package io.wasmwiz.executor.execution;

import io.wasmwiz.service.config.Problems;

/**
 * What this server takes in one request, whatever the tier.
 *
 * @param maxModuleBytes a module's size, 1 KiB to 64 MiB
 * @param maxInputBytes size of standard input and of the files' contents and paths together, 0 to 64 MiB
 * @param maxStdoutBytes standard output kept at most, and by default, 1 to 64 MiB
 * @param maxStderrBytes standard error kept at most, and by default, 1 to 64 MiB
 */
public record RequestLimits(int maxModuleBytes, int maxInputBytes, int maxStdoutBytes, int maxStderrBytes) {
    /** Arguments, and environment entries, of one request. */
    public static final int MAX_STRINGS = 64;

    /** UTF-8 bytes of all arguments together, and of all environment keys and values together. */
    public static final int MAX_STRING_BYTES = 16 * 1024;

    /** Characters of the name of a function that is to be invoked. */
    public static final int MAX_EXPORT_CHARACTERS = 255;

    private static final int MIB = 1024 * 1024;

    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("--max-module-bytes", maxModuleBytes, 1024, 64 * MIB);
        problems.requireRange("--max-input-bytes", maxInputBytes, 0, 64 * MIB);
        problems.requireRange("--max-stdout-bytes", maxStdoutBytes, 1, 64 * MIB);
        problems.requireRange("--max-stderr-bytes", maxStderrBytes, 1, 64 * MIB);
    }
}

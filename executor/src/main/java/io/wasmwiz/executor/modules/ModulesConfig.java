package io.wasmwiz.executor.modules;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * How many modules are kept, and how much memory they may take in the executor.
 *
 * @param perAccount modules that an account may keep, 1 to 100,000
 * @param cacheBytes bytes of modules kept in memory, 1 MiB to 64 GiB
 * @param cacheTime longest time that a module is served from memory, 1 s to 1 h; bounds how long another replica still
 *     runs a module that was deleted here
 * @param uploadBytes bytes that uploads in progress may hold together, 1 MiB to 64 GiB, and those of one account a quarter
 *     of it, which must hold the largest module; assembling the last one may take its size once more
 * @param uploadTimeout longest upload, 1 s to 1 h
 * @param inspectionBytes bytes of modules that runs bring along and that wait to be looked up, inspected and kept together,
 *     1 MiB to 64 GiB, and those of one account a quarter of it, which must hold the largest module
 */
public record ModulesConfig(
        int perAccount,
        long cacheBytes,
        Duration cacheTime,
        long uploadBytes,
        Duration uploadTimeout,
        long inspectionBytes) {
    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("--modules-per-account", perAccount, 1, 100_000);
        problems.requireRange("--module-cache-bytes", cacheBytes, 1L << 20, 1L << 36);
        problems.requireRange("--module-cache-time in ms", cacheTime.toMillis(), 1_000, 3_600_000);
        problems.requireRange("--upload-buffer-bytes", uploadBytes, 1L << 20, 1L << 36);
        problems.requireRange("--inspection-buffer-bytes", inspectionBytes, 1L << 20, 1L << 36);
        problems.requireRange("--upload-timeout in ms", uploadTimeout.toMillis(), 1_000, 3_600_000);
    }
}

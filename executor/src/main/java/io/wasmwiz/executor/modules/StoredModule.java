package io.wasmwiz.executor.modules;

import java.time.Instant;

/**
 * A kept module without its bytes.
 *
 * @param name label, at most 128 characters, may be empty
 * @param createdAt when it was first uploaded, by the database's clock, in whole microseconds
 */
public record StoredModule(
        ModuleDigest digest, String name, long sizeBytes, Instant createdAt, ModuleFindings findings) {}

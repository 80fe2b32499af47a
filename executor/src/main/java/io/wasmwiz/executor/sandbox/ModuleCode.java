package io.wasmwiz.executor.sandbox;

import io.wasmwiz.executor.modules.ModuleDigest;
import java.util.UUID;

/**
 * A tenant's module as it was uploaded, already accepted by {@code ModulePolicy}. The array is shared and must not be
 * changed.
 *
 * @param accountId whose it is; compiled code and stores are never shared between accounts
 * @param digest SHA-256 of {@code bytes}
 * @param bytes WebAssembly binary
 */
public record ModuleCode(UUID accountId, ModuleDigest digest, byte[] bytes) {
    /** Without the bytes. */
    @Override
    public String toString() {
        return "ModuleCode[accountId=" + accountId + ", digest=" + digest + ", bytes=" + bytes.length + "]";
    }
}

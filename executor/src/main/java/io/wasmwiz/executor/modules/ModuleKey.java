package io.wasmwiz.executor.modules;

import io.wasmwiz.executor.sandbox.ModuleCode;
import java.util.UUID;

/** What is remembered of modules is remembered per account, so that none learns what another has. */
record ModuleKey(UUID accountId, ModuleDigest digest) {
    static ModuleKey of(ModuleCode code) {
        return new ModuleKey(code.accountId(), code.digest());
    }
}

package io.wasmwiz.local.chaos;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A charged row of the ledger, as far as calls are compared with it. */
record ChargedRow(UUID account, UUID executionId, @Nullable UUID requestId, long inputBytes) {}

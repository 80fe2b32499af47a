package io.wasmwiz.executor.claims;

import java.util.UUID;

/** A request id is its account's own: another account's same id is another request. */
public record RequestKey(UUID accountId, UUID requestId) {}

package io.wasmwiz.executor.auth;

import java.time.Instant;

/**
 * What the epoch row says.
 *
 * @param number changes with every change of keys, accounts and tiers, in the same transaction
 * @param now the store's clock
 */
record AuthEpoch(long number, Instant now) {}

/**
 * Accounts, keys, tiers and the audit log, for operators and account owners. Knows SQL in its Postgres classes only;
 * nothing of gRPC.
 */
@NullMarked
package io.wasmwiz.executor.admin;

import org.jspecify.annotations.NullMarked;

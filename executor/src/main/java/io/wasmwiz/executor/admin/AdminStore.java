package io.wasmwiz.executor.admin;

import java.util.function.Function;

/** Accounts, keys, tiers and the audit log as they are stored. Thread-safe; methods block. */
interface AdminStore {
    /** Runs {@code work} as one transaction, which is undone when it throws. */
    <T> T inTransaction(Function<AdminTransaction, T> work);

    /** Runs {@code work}, which only reads, on one snapshot. */
    <T> T inSnapshot(Function<AdminTransaction, T> work);
}

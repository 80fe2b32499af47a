package io.wasmwiz.metering.store;

import org.jdbi.v3.core.Handle;

/** Moments in the life of a batch's transaction: where tests pull the plug. */
public interface TransactionHook {
    /** Does nothing. */
    TransactionHook NONE = new TransactionHook() {};

    /** Everything is written and nothing is committed. */
    default void beforeCommit(Handle handle) {}

    /** PostgreSQL has committed, and nobody was told. */
    default void afterCommit() {}
}

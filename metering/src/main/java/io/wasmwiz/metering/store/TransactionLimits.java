package io.wasmwiz.metering.store;

import org.jdbi.v3.core.Handle;

/** Bounds that hold until the end of a transaction. */
final class TransactionLimits {
    private static final String SET = """
            SELECT set_config('statement_timeout', :statement, true) AS statement,
                   set_config('lock_timeout', :lock, true) AS lock
            """;

    private TransactionLimits() {}

    static void set(Handle handle, LedgerConfig config) {
        handle.createQuery(SET)
                .bind("statement", config.statementTimeout().toMillis() + "ms")
                .bind("lock", config.lockTimeout().toMillis() + "ms")
                .mapToMap()
                .one();
    }
}

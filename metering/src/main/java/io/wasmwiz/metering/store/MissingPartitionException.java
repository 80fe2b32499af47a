package io.wasmwiz.metering.store;

import java.sql.SQLException;

/** A row's day has no partition: no fault of the row. */
final class MissingPartitionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MissingPartitionException(SQLException cause) {
        super(cause.getMessage(), cause);
    }
}

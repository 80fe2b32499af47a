package io.wasmwiz.metering.reconcile;

import java.time.Duration;

/** There was more to compare than fits into the time that was allowed. */
final class ReconcileTimeoutException extends Exception {
    private static final long serialVersionUID = 1L;

    ReconcileTimeoutException(Duration timeout) {
        super("the books could not be compared within " + timeout.toSeconds() + " s");
    }
}

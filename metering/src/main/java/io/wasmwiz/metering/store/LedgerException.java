package io.wasmwiz.metering.store;

/** The ledger is away or refused a statement that should have worked; the cause says which. Worth repeating. */
public final class LedgerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LedgerException(String message, Throwable cause) {
        super(message, cause);
    }
}

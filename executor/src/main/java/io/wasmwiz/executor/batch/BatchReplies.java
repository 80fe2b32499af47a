package io.wasmwiz.executor.batch;

import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.refusal.Refusal;
import java.util.List;

/** The way back to a batch's client. Called by one thread at a time; no method blocks. */
public interface BatchReplies {
    /** Whether what is sent now is not only queued up. */
    boolean isReady();

    /** Lets the client's next message, or its half-close, come. */
    void request();

    /** Tells that the batch is open. */
    void opened(ModuleDigest module, int inFlight);

    /** Sends results, at least one, in this order. */
    void send(List<ItemResult> results);

    /** The word by which clients know {@code refusal}. */
    String reason(Refusal refusal);

    /** Ends the stream well; {@code caller} as last checked. */
    void complete(BatchTotals totals, Caller caller);

    /** Ends the stream with a refusal. */
    void refuse(Refusal refusal);

    /** Ends the stream with a fault that nobody foresaw. */
    void fail(Throwable fault);
}

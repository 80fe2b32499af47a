package io.wasmwiz.executor.export;

/** The client's end of an export. Called by one thread at a time; never blocks. */
public interface ExportSink {
    /** Whether it takes a message without having to keep it. It tells the stream when that becomes true. */
    boolean isReady();

    void send(ExportMessage message);

    /** The end of an export that does not follow. */
    void complete();

    /** The end for a reason: a {@link io.wasmwiz.executor.refusal.RefusedException}, or a surprise. */
    void fail(Throwable cause);
}

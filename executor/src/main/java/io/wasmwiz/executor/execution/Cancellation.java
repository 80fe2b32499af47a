package io.wasmwiz.executor.execution;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Tells one execution until when somebody waits for it, and when nobody does any more. Thread-safe. */
public final class Cancellation {
    private final OptionalLong deadlineNanos;
    private boolean cancelled;
    private @Nullable Runnable action;

    /** Of a call without a deadline. */
    public Cancellation() {
        this(OptionalLong.empty());
    }

    /**
     * Of a call.
     *
     * @param deadlineNanos the {@link System#nanoTime} at which the client stops waiting; who sets it also cancels then
     */
    public Cancellation(OptionalLong deadlineNanos) {
        this.deadlineNanos = deadlineNanos;
    }

    /** The {@link System#nanoTime} at which the client stops waiting, if it said so. */
    OptionalLong deadlineNanos() {
        return deadlineNanos;
    }

    /** Cancels; later calls do nothing. */
    public void cancel() {
        Runnable toRun;
        synchronized (this) {
            if (cancelled) {
                return;
            }
            cancelled = true;
            toRun = action;
            action = null;
        }
        if (toRun != null) {
            toRun.run();
        }
    }

    /** Whether it was cancelled. */
    public synchronized boolean isCancelled() {
        return cancelled;
    }

    /** Runs {@code onCancel} when it is cancelled, at once if it was. Replaces the action before. */
    void onCancel(Runnable onCancel) {
        synchronized (this) {
            if (!cancelled) {
                action = onCancel;
                return;
            }
        }
        onCancel.run();
    }
}

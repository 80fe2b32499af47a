package io.wasmwiz.executor.execution;

import org.jspecify.annotations.Nullable;

/** Tells one execution that nobody waits for it any more. Thread-safe. */
public final class Cancellation {
    private boolean cancelled;
    private @Nullable Runnable action;

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

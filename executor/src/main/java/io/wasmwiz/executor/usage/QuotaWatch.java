package io.wasmwiz.executor.usage;

import io.wasmwiz.executor.admission.QuotaFigures;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Tier;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One watch: looks once an interval, and tells what it sees when that has changed. Thread-safe; never blocks. */
public final class QuotaWatch {
    private final QuotaWatches watches;
    private final Caller caller;
    private final Duration interval;
    private final Sink sink;
    private @Nullable Figures told;
    private boolean ended;

    /** What a look sees. */
    public record Figures(Tier tier, QuotaCounts counts, QuotaFigures.Unspent unspent) {}

    /** The client's end. Called by one thread at a time; never blocks. */
    public interface Sink {
        /** Whether it takes figures without having to keep them. */
        boolean isReady();

        void send(Figures figures);

        /** The end, for a reason: a {@link io.wasmwiz.executor.refusal.RefusedException}, or a surprise. */
        void fail(Throwable cause);
    }

    QuotaWatch(QuotaWatches watches, Caller caller, Duration interval, Sink sink) {
        this.watches = watches;
        this.caller = caller;
        this.interval = interval;
        this.sink = sink;
    }

    /** Looks for the first time. */
    public void start() {
        look();
    }

    private void look() {
        synchronized (this) {
            if (ended) {
                return;
            }
        }
        watches.look(caller).whenComplete(this::seen);
    }

    private synchronized void seen(@Nullable Figures figures, @Nullable Throwable failure) {
        if (ended) {
            return;
        }
        if (figures == null) {
            fail(failure == null ? new IllegalStateException("a look without figures or reason") : failure);
            return;
        }
        // What a slow client does not take now is looked at anew then.
        if (!figures.equals(told) && sink.isReady()) {
            sink.send(figures);
            told = figures;
        }
        watches.later(this::look, interval);
    }

    synchronized void fail(Throwable cause) {
        if (!ended) {
            cancel();
            sink.fail(cause);
        }
    }

    /** The client went away. */
    public synchronized void cancel() {
        ended = true;
        watches.ended(this);
    }
}

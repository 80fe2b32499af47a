package io.wasmwiz.executor.export;

import io.wasmwiz.executor.export.ExportPage.Chunk;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One export in progress. Reads the next page while the client takes the one before, and no further: what it keeps is
 * bounded by two pages however slow the client is. Thread-safe; never blocks.
 */
public final class ExportStream {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final UsageExports exports;
    private final Function<ExportPosition, String> tokens;
    private final boolean follow;
    private final ExportSink sink;
    private final ArrayDeque<ExportMessage> waiting = new ArrayDeque<>();
    private Optional<ExportPosition> position;
    private @Nullable ExportPosition told;
    private Instant toldComplete = Instant.MIN;

    /** Messages of the page that was read last: while more of them wait, no other page is asked for. */
    private int pageMessages;

    private boolean reading;
    private boolean drained;

    /** Told behind what waits: where it says to go on is behind that too. */
    private @Nullable Throwable dropped;

    private boolean ended;

    ExportStream(
            UsageExports exports,
            Optional<ExportPosition> position,
            Function<ExportPosition, String> tokens,
            boolean follow,
            ExportSink sink) {
        this.exports = exports;
        this.position = position;
        this.tokens = tokens;
        this.follow = follow;
        this.sink = sink;
    }

    /** Sends what the client takes; to be called whenever it may take more. */
    public synchronized void pump() {
        while (!ended && !waiting.isEmpty() && sink.isReady()) {
            sink.send(waiting.remove());
        }
        if (ended || reading || waiting.size() > pageMessages) {
            return;
        }
        if (dropped != null) {
            if (waiting.isEmpty()) {
                fail(dropped);
            }
            return;
        }
        if (!drained) {
            readNext();
        } else if (waiting.isEmpty() && !follow) {
            end();
            sink.complete();
        } else if (waiting.isEmpty()) {
            reading = true;
            exports.later(this::readAfterPause);
        }
    }

    private synchronized void readAfterPause() {
        if (!ended) {
            readNext();
        }
    }

    private void readNext() {
        reading = true;
        CompletionStage<ExportPage> page = exports.read(this, position);
        page.whenComplete(this::read);
    }

    private synchronized void read(@Nullable ExportPage page, @Nullable Throwable failure) {
        reading = false;
        if (ended) {
            return;
        }
        if (page == null) {
            Throwable cause = failure == null ? new IllegalStateException("a page without rows or reason") : failure;
            if (RefusedException.unwrapped(cause) instanceof UsageDroppedException) {
                dropped = cause;
                pump();
            } else {
                fail(cause);
            }
            return;
        }
        int before = waiting.size();
        for (Chunk chunk : page.chunks()) {
            add(chunk.rows(), chunk.end(), Optional.empty());
        }
        position = Optional.of(page.end());
        drained = page.drained();
        boolean news = !page.chunks().isEmpty()
                || !page.end().equals(told)
                || page.completeBefore().isAfter(toldComplete);
        if (drained && (news || !follow)) {
            add(new byte[0], page.end(), Optional.of(page.completeBefore()));
            toldComplete = page.completeBefore();
        }
        pageMessages = waiting.size() - before;
        pump();
    }

    private void add(byte[] rows, ExportPosition end, Optional<Instant> completeBefore) {
        told = end;
        waiting.add(new ExportMessage(rows, tokens.apply(end), completeBefore));
    }

    /** Ends it with a refusal that says where to go on, or with what it is not to know. */
    synchronized void fail(Throwable cause) {
        if (end()) {
            sink.fail(explained(cause));
        }
    }

    private Throwable explained(Throwable cause) {
        return RefusedException.unwrapped(cause) instanceof UsageDroppedException gone
                ? new RefusedException(new Refusal.UsageDropped(gone.oldestDay(), tokens.apply(gone.restart())))
                : cause;
    }

    /** Tells the client that this server goes away. */
    void drain() {
        fail(new RefusedException(new Refusal.Draining(RETRY_AFTER)));
    }

    /** The client went away. */
    public synchronized void cancel() {
        end();
    }

    private boolean end() {
        if (ended) {
            return false;
        }
        ended = true;
        waiting.clear();
        exports.ended(this);
        return true;
    }
}

package io.wasmwiz.service;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Closes what a composition root opened, in reverse order, each even if another fails. Not thread-safe while things are
 * added; {@link #close} may be called from any thread, once or often.
 */
public final class Closer implements AutoCloseable {
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /** Takes ownership of {@code resource} and returns it. */
    public <T extends AutoCloseable> T add(T resource) {
        synchronized (opened) {
            opened.push(resource);
        }
        return resource;
    }

    /** Closes everything after start-up failed with {@code cause}, which is returned for rethrowing. */
    public RuntimeException closeAfter(Throwable cause) {
        try {
            close();
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof RuntimeException runtime ? runtime : new IllegalStateException(cause);
    }

    /** Closes in reverse order. Throws the first failure with the later ones suppressed, after all were tried. */
    @Override
    public void close() {
        RuntimeException failure = null;
        for (AutoCloseable next = next(); next != null; next = next()) {
            try {
                next.close();
            } catch (Exception e) {
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                if (failure == null) {
                    failure = new IllegalStateException(
                            "could not close " + next.getClass().getSimpleName(), e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private @org.jspecify.annotations.Nullable AutoCloseable next() {
        synchronized (opened) {
            return opened.poll();
        }
    }
}

package io.wasmwiz.executor.events;

import org.jspecify.annotations.Nullable;

/**
 * What is known of the log, replaced as a whole so that no finding is lost to another.
 *
 * @param connection in use; null until there is one
 * @param fault why the log does not serve; null when it does
 * @param broken whether the connection will not work again
 */
record LogState<C>(@Nullable C connection, @Nullable LogUnavailableException fault, boolean broken) {
    /** With {@code next} in place of the connection; the fault stays until the next probe. */
    LogState<C> with(@Nullable C next) {
        return new LogState<>(next, fault, false);
    }

    /** After {@code failed} was reported broken, which counts once and only for the connection in use. */
    LogState<C> reported(C failed, LogUnavailableException cause) {
        return connection == failed && !broken ? new LogState<>(connection, cause, true) : this;
    }

    /** After a probe; whatever it found, a connection that was reported broken meanwhile stays so. */
    LogState<C> probed(@Nullable LogUnavailableException found) {
        return broken ? this : new LogState<>(connection, found, false);
    }
}

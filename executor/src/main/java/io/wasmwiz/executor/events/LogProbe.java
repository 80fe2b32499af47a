package io.wasmwiz.executor.events;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a connection to the log and looks every 500 ms whether the log serves, on a thread of its own, so that recovery
 * needs no traffic. Opens the connection when it first can (a bootstrap name may not resolve yet) and anew when it was
 * reported broken or has not served for a minute; what was in flight on the old one is unresolved then. Thread-safe; its opener closes it.
 */
final class LogProbe implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LogProbe.class);
    private static final long INTERVAL_MILLIS = 500;
    /** After this the brokers may be elsewhere: start again from the bootstrap names. */
    private static final Duration REOPENED_AFTER = Duration.ofMinutes(1);

    private final EventsConfig config;
    private final ScheduledExecutorService scheduler;
    private final Function<EventsConfig, LogConnection> opener;
    private volatile LogState<LogConnection> state =
            new LogState<>(null, new LogUnavailableException("the log was not probed yet"), false);

    /** When this connection was opened or last served; of the probing thread. */
    private long servedAtNanos = System.nanoTime();

    private LogProbe(EventsConfig config, Function<EventsConfig, LogConnection> opener) {
        this.config = config;
        this.opener = opener;
        this.scheduler = Executors.newSingleThreadScheduledExecutor(runnable -> {
            Thread thread = new Thread(runnable, "events-probe");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Starts probing, the first time at once. */
    static LogProbe start(EventsConfig config) {
        return start(config, LogConnection::open);
    }

    static LogProbe start(EventsConfig config, Function<EventsConfig, LogConnection> opener) {
        LogProbe probe = new LogProbe(config, opener);
        Future<?> unused =
                probe.scheduler.scheduleWithFixedDelay(probe::run, 0, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
        return probe;
    }

    /** The connection in use; null until there is one. */
    @Nullable
    LogConnection connection() {
        return state.connection();
    }

    /** What the last probe found; null when the log serves. */
    @Nullable
    LogUnavailableException fault() {
        return state.fault();
    }

    /** The producer of {@code failed} will not work again: from now on a fault, until another connection serves. */
    void reportBroken(LogConnection failed, Exception cause) {
        LogUnavailableException fault =
                new LogUnavailableException("the producer failed: " + cause.getMessage(), cause);
        update(known -> known.reported(failed, fault));
    }

    private synchronized LogState<LogConnection> update(UnaryOperator<LogState<LogConnection>> change) {
        LogState<LogConnection> next = change.apply(state);
        state = next;
        return next;
    }

    private void run() {
        LogUnavailableException before = fault();
        LogUnavailableException found;
        try {
            current().probe();
            found = null;
        } catch (LogUnavailableException e) {
            found = e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        } catch (RuntimeException e) {
            found = new LogUnavailableException(
                    "no connection to Kafka at %s: %s".formatted(config.bootstrapServers(), e.getMessage()), e);
        } catch (Throwable t) {
            // Not thrown on: the scheduler would then probe no more, and the last finding would stand for ever.
            log.atError().setCause(t).log("probe of the event log failed");
            found = new LogUnavailableException("the probe failed: " + t, t);
        }
        LogUnavailableException verdict = found;
        found = update(known -> known.probed(verdict)).fault();
        if (found == null) {
            servedAtNanos = System.nanoTime();
        }
        if (found == null && before != null) {
            log.atInfo().addKeyValue("topic", config.topic()).log("event log serves");
        } else if (found != null
                && (before == null || !String.valueOf(found.getMessage()).equals(before.getMessage()))) {
            log.atWarn().addKeyValue("cause", found.getMessage()).log("event log does not serve");
        }
    }

    private LogConnection current() throws KafkaException {
        LogState<LogConnection> known = state;
        LogConnection open = known.connection();
        if (open != null && (known.broken() || System.nanoTime() - servedAtNanos > REOPENED_AFTER.toNanos())) {
            update(old -> old.with(null));
            open.close(Duration.ZERO);
            open = null;
        }
        if (open == null) {
            servedAtNanos = System.nanoTime();
            LogConnection opened = opener.apply(config);
            update(old -> old.with(opened));
            open = opened;
        }
        return open;
    }

    /** Stops probing and closes the connection, which waits for records in flight. */
    @Override
    public void close() {
        scheduler.shutdownNow();
        try {
            // Bounded: a probe in progress ends by itself.
            if (!scheduler.awaitTermination(5, TimeUnit.SECONDS)) {
                log.atWarn().log("event log probe did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        LogConnection open = connection();
        if (open != null) {
            open.close();
        }
    }
}

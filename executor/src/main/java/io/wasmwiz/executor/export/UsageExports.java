package io.wasmwiz.executor.export;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.auth.Authentication;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.CallerCheck;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.executor.work.WorkPool;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.database.Database;
import io.wasmwiz.service.database.DatabaseConfig;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The exports of this server, on threads and connections of their own, so that they and executions do not stand in each
 * other's way. Before each page its caller is authenticated again. Thread-safe; its opener closes it.
 */
public final class UsageExports implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(UsageExports.class);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final Closer closer;
    private final PostgresExportPages pages;
    private final WorkPool work;
    private final ResumeTokens tokens;
    private final CallerCheck callers;
    private final ScheduledExecutorService timers;
    private final ExportConfig config;
    private final Map<ExportStream, Request> streams = new ConcurrentHashMap<>();
    private volatile boolean draining;

    private record Request(Caller caller, PostgresExportPages.Scope scope) {}

    private UsageExports(
            Closer closer,
            PostgresExportPages pages,
            WorkPool work,
            ResumeTokens tokens,
            CallerCheck callers,
            ScheduledExecutorService timers,
            ExportConfig config) {
        this.closer = closer;
        this.pages = pages;
        this.work = work;
        this.tokens = tokens;
        this.callers = callers;
        this.timers = timers;
        this.config = config;
    }

    /**
     * Opens them.
     *
     * @param own the executor's database, read where the configuration names no other
     * @param timers for the pauses of streams that follow; not owned
     */
    public static UsageExports open(
            ExportConfig config,
            DatabaseConfig own,
            TokenKeys keys,
            CallerCheck callers,
            ScheduledExecutorService timers,
            MeterRegistry metrics) {
        Closer closer = new Closer();
        try {
            if (config.tokenKeys().isEmpty()) {
                log.atWarn().log("no --usage-token-keys: resume tokens are good for this process only");
            }
            Database database = closer.add(Database.open(config.database(own), "wasmwiz-export", metrics));
            WorkPool work = closer.add(WorkPool.open("exports", config.threads(), config.maxStreams() * 2, metrics));
            UsageExports exports = new UsageExports(
                    closer,
                    new PostgresExportPages(database.jdbi(), config.pageRows()),
                    work,
                    new ResumeTokens(keys),
                    callers,
                    timers,
                    config);
            Gauge.builder("wasmwiz.exports.in.progress", exports.streams, Map::size)
                    .description("Usage exports that a client is connected to")
                    .register(metrics);
            return exports;
        } catch (Throwable t) {
            throw closer.closeAfter(t);
        }
    }

    /**
     * Begins an export of the caller's own executions.
     *
     * @param resumeToken empty: from the beginning of what is kept
     * @return to be pumped; throws {@link RefusedException} for a bad token, and where as many streams run as may
     */
    public synchronized ExportStream begin(
            Caller caller, ExportFilter filter, String resumeToken, boolean follow, ExportSink sink) {
        UUID account = caller.accountId();
        Optional<ExportPosition> position = tokens.decode(account, filter, resumeToken);
        if (draining) {
            throw new RefusedException(new Refusal.Draining(RETRY_AFTER));
        }
        if (streams.size() >= config.maxStreams()) {
            throw new RefusedException(new Refusal.ServerBusy("exports", RETRY_AFTER));
        }
        ExportStream stream =
                new ExportStream(this, position, end -> tokens.encode(account, filter, end), follow, sink);
        streams.put(stream, new Request(caller, new PostgresExportPages.Scope(account, filter)));
        return stream;
    }

    CompletionStage<ExportPage> read(ExportStream stream, Optional<ExportPosition> from) {
        Request request = streams.get(stream);
        if (request == null) {
            return CompletableFuture.failedFuture(new RefusedException(new Refusal.Cancelled()));
        }
        return callers.recheck(request.caller()).thenCompose(answer -> {
            if (answer instanceof Authentication.Granted) {
                return work.submit(() -> {
                    if (from.isEmpty()) {
                        requireKey(request.scope());
                    }
                    return pages.next(request.scope(), from);
                });
            }
            return CompletableFuture.failedFuture(new RefusedException(
                    answer instanceof Authentication.Denied denied
                            ? new Refusal.NotAuthenticated(denied.reason())
                            : new Refusal.AuthenticationUnavailable(RETRY_AFTER)));
        });
    }

    private void requireKey(PostgresExportPages.Scope scope) {
        Optional<UUID> key = scope.filter().apiKeyId();
        if (key.isPresent() && !pages.hasKey(scope.accountId(), key.get())) {
            throw new RefusedException(new Refusal.InvalidFields(
                    "api_key_id", "API_KEY_UNKNOWN", "this account has no key of the id %s".formatted(key.get())));
        }
    }

    void later(Runnable look) {
        try {
            var unused = timers.schedule(look, config.followInterval().toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.atDebug().log("a stream that follows ends with its server");
        }
    }

    void ended(ExportStream stream) {
        streams.remove(stream);
    }

    /** Ends every stream, with an answer that lets its client resume elsewhere, and begins none any more. */
    public void drain() {
        synchronized (this) {
            draining = true;
        }
        streams.keySet().forEach(ExportStream::drain);
    }

    /** Drains, and closes threads and connections. */
    @Override
    public void close() {
        drain();
        closer.close();
    }
}

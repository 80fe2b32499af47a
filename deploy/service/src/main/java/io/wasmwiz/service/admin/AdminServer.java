package io.wasmwiz.service.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.wasmwiz.service.BuildInfo;
import io.wasmwiz.service.health.HealthMonitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The port for operators: {@code /metrics} (Prometheus text), {@code /health/live} (200 while the process runs) and
 * {@code /health/ready} (200 when every dependency serves and the process is not draining, 503 otherwise; JSON with the
 * build, the schema version and each fault). Changes nothing. Thread-safe; its opener closes it.
 */
public final class AdminServer implements AutoCloseable {
    private static final int WORKERS = 4;
    private static final int WAITING = 64;

    static {
        // The JDK's server reads a request on a worker and waits for ever by default: a few half-sent ones would make
        // the
        // liveness probe hang. It reads these when its class is loaded.
        for (String limit : List.of("sun.net.httpserver.maxReqTime", "sun.net.httpserver.maxRspTime")) {
            if (System.getProperty(limit) == null) {
                System.setProperty(limit, "5");
            }
        }
    }

    private final HttpServer server;
    private final ThreadPoolExecutor workers;
    private final HealthMonitor health;
    private final int schemaVersion;
    private volatile boolean draining;

    private AdminServer(HttpServer server, HealthMonitor health, int schemaVersion) {
        this.server = server;
        this.health = health;
        this.schemaVersion = schemaVersion;
        this.workers = new ThreadPoolExecutor(
                WORKERS, WORKERS, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), runnable -> {
                    Thread thread = new Thread(runnable, "admin-http");
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /** Starts on {@code host:port}; port 0 takes a free one. */
    public static AdminServer start(
            String host, int port, PrometheusMeterRegistry metrics, HealthMonitor health, int schemaVersion)
            throws IOException {
        HttpServer http = HttpServer.create(new InetSocketAddress(host, port), WAITING);
        AdminServer server = new AdminServer(http, health, schemaVersion);
        http.setExecutor(server.workers);
        http.createContext(
                "/metrics",
                exchange -> reply(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape()));
        http.createContext(
                "/health/live", exchange -> reply(exchange, 200, "application/json", "{\"status\":\"live\"}"));
        http.createContext("/health/ready", server::ready);
        http.start();
        return server;
    }

    /** The port it listens on. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** From now on the process is not ready, so that load balancers look elsewhere. */
    public void drain() {
        draining = true;
    }

    private void ready(HttpExchange exchange) throws IOException {
        Map<String, String> faults = health.snapshot().faults();
        boolean ready = faults.isEmpty() && !draining;
        String status = draining ? "draining" : ready ? "ready" : "unavailable";
        String body = "{\"status\":\"%s\",\"version\":\"%s\",\"schema_version\":%d,\"faults\":{%s}}"
                .formatted(
                        status,
                        BuildInfo.version(),
                        schemaVersion,
                        faults.entrySet().stream()
                                .map(e -> quote(e.getKey()) + ":" + quote(e.getValue()))
                                .collect(Collectors.joining(",")));
        reply(exchange, ready ? 200 : 503, "application/json", body);
    }

    private static String quote(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                json.append('\\').append((char) c);
            } else if (c < ' ') {
                json.append(' ');
            } else {
                json.append((char) c);
            }
        });
        return json.append('"').toString();
    }

    private static void reply(HttpExchange exchange, int status, String type, String body) throws IOException {
        try (exchange) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdownNow();
    }
}

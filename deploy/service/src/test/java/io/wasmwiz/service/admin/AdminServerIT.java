package io.wasmwiz.service.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.wasmwiz.service.health.HealthCheck;
import io.wasmwiz.service.health.HealthMonitor;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The admin port over loopback, with a dependency that the test takes away and gives back. */
class AdminServerIT {
    private volatile String fault = "";
    private final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final HttpClient http = HttpClient.newHttpClient();

    @SuppressWarnings("NullAway.Init") // set before each test
    private HealthMonitor health;

    @SuppressWarnings("NullAway.Init") // set before each test
    private AdminServer server;

    @BeforeEach
    void start() throws Exception {
        health = HealthMonitor.start(
                List.of(new HealthCheck("postgresql", () -> {
                    if (!fault.isEmpty()) {
                        throw new IllegalStateException(fault);
                    }
                    return "up";
                })),
                metrics);
        server = AdminServer.start("127.0.0.1", 0, metrics, health, 1);
    }

    @AfterEach
    void stop() {
        server.close();
        health.close();
    }

    @Test
    void isReadyWhenEveryDependencyServes() {
        await().untilAsserted(() -> {
            HttpResponse<String> ready = get("/health/ready");
            assertThat(ready.statusCode()).isEqualTo(200);
            assertThat(ready.body()).contains("\"status\":\"ready\"", "\"schema_version\":1", "\"faults\":{}");
        });
    }

    @Test
    void namesADependencyThatIsAwayAndRecovers() {
        fault = "no \"answer\"";
        await().untilAsserted(() -> {
            assertThat(get("/health/ready").statusCode()).isEqualTo(503);
            assertThat(get("/health/ready").body()).contains("\"postgresql\":\"no \\\"answer\\\"\"");
        });
        assertThat(metrics.scrape()).contains("wasmwiz_dependency_up{dependency=\"postgresql\"} 0");

        fault = "";
        await().untilAsserted(
                        () -> assertThat(get("/health/ready").statusCode()).isEqualTo(200));
    }

    @Test
    void isAliveButNotReadyWhileItDrains() throws Exception {
        server.drain();

        assertThat(get("/health/live").statusCode()).isEqualTo(200);
        assertThat(get("/health/ready").statusCode()).isEqualTo(503);
        assertThat(get("/health/ready").body()).contains("draining");
    }

    @Test
    void tellsListenersOfEveryChange() {
        List<Boolean> seen = Collections.synchronizedList(new ArrayList<>());
        await().until(() -> health.snapshot().isUp());
        health.onChange(snapshot -> seen.add(snapshot.isUp("postgresql")));

        fault = "away";
        await().until(() -> !health.snapshot().isUp());
        fault = "";

        await().untilAsserted(() -> assertThat(seen).containsExactly(true, false, true));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}

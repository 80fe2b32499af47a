package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.embedded.EmbeddedPostgresConfig;
import io.wasmwiz.embedded.ForkedKafka;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.migrations.Migrations;
import io.wasmwiz.service.database.DatabaseUrl;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.GetQuotaRequest;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL or Kafka goes away and comes back; the executor stays. */
class ExecutorOutageIT {
    private static final String TOPIC = "outage";
    private static final Duration RECOVERY = Duration.ofSeconds(60);

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    @TempDir(cleanup = CleanupMode.NEVER)
    private Path directory = Path.of("");

    @Test
    void refusesRunsWhileKafkaIsAwayAndRecovers() {
        TestDatabase database = POSTGRES.createDatabase();
        Tenant tenant = Tenant.create(database, "Pro");
        try (ForkedKafka kafka = ForkedKafka.start(directory, 0)) {
            kafka.createTopic(TOPIC, 1);
            try (ExecutorFixture executor =
                    ExecutorFixture.start(database.url("wasmwiz_executor"), kafka.bootstrapServers(), TOPIC)) {
                await().atMost(RECOVERY).until(executor::isReady);
                executor.execution(tenant.key()).execute(Programs.inline(Programs.HELLO));

                kafka.kill();

                await().atMost(RECOVERY).until(() -> !executor.isReady());
                assertThat(executor.admin("/health/ready").body()).contains("kafka");
                assertThat(health(executor, ExecutionServiceGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.NOT_SERVING);
                assertThat(health(executor, UsageServiceGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.SERVING);
                StatusRuntimeException error =
                        Errors.of(() -> executor.execution(tenant.key()).execute(Programs.inline(Programs.HELLO)));
                assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(Errors.reason(error)).isEqualTo("EVENT_LOG_UNAVAILABLE");
                assertThat(Errors.detail(error, RetryInfo.class)).isPresent();
                assertThat(executor.usage(tenant.key())
                                .getQuota(GetQuotaRequest.getDefaultInstance())
                                .getTier())
                        .isEqualTo("Pro");

                kafka.restart();

                await().atMost(RECOVERY).until(executor::isReady);
                assertThat(executor.execution(tenant.key())
                                .execute(Programs.inline(Programs.HELLO))
                                .getStdout()
                                .toStringUtf8())
                        .isEqualTo("hello");
            }
        }
    }

    @Test
    void saysSoWhilePostgresIsAwayAndRecovers() {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(EmbeddedPostgresConfig.of(directory, "secret"))) {
            String url = postgres.url("postgres");
            Migrations.of(DatabaseUrl.parse(url)).migrate();
            String topic = KAFKA.newTopic(1);
            try (ExecutorFixture executor = ExecutorFixture.start(
                    url,
                    KAFKA.bootstrapServers(),
                    topic,
                    "--env=development",
                    "--auth-required=false",
                    "--auth-stale=1s",
                    "--database-connection-timeout=500ms")) {
                await().atMost(RECOVERY).until(executor::isReady);
                var usage = UsageServiceGrpc.newBlockingStub(executor.channel());
                assertThat(usage.getQuota(GetQuotaRequest.getDefaultInstance()).getTier())
                        .isNotEmpty();

                postgres.kill();

                await().atMost(RECOVERY).until(() -> !executor.isReady());
                assertThat(executor.admin("/health/ready").body()).contains("postgresql");
                assertThat(health(executor, UsageServiceGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.NOT_SERVING);
                StatusRuntimeException error = Errors.of(() -> usage.getQuota(GetQuotaRequest.getDefaultInstance()));
                assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(Errors.reason(error)).isIn("DATABASE_UNAVAILABLE", "AUTHENTICATION_UNAVAILABLE");
                assertThat(Errors.detail(error, RetryInfo.class)).isPresent();
                await().atMost(RECOVERY)
                        .until(() -> health(executor, ExecutionServiceGrpc.SERVICE_NAME) == ServingStatus.NOT_SERVING);
                assertThat(executor.admin("/health/ready").body()).contains("authentication");
                StatusRuntimeException refused =
                        Errors.of(() -> ExecutionServiceGrpc.newBlockingStub(executor.channel())
                                .execute(Programs.inline(Programs.HELLO)));
                assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(Errors.reason(refused)).isEqualTo("AUTHENTICATION_UNAVAILABLE");
                assertThat(Errors.detail(refused, RetryInfo.class)).isPresent();

                postgres.restart();

                await().atMost(RECOVERY).until(executor::isReady);
                assertThat(health(executor, ExecutionServiceGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.SERVING);
                assertThat(usage.getQuota(GetQuotaRequest.getDefaultInstance()).getTier())
                        .isNotEmpty();
            }
        }
    }

    private static ServingStatus health(ExecutorFixture executor, String service) {
        return HealthGrpc.newBlockingStub(executor.channel())
                .check(HealthCheckRequest.newBuilder().setService(service).build())
                .getStatus();
    }
}

package io.wasmwiz.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.metering.consume.LogConfig;
import io.wasmwiz.metering.lease.LeaseConfig;
import io.wasmwiz.metering.reconcile.ReconcileConfig;
import io.wasmwiz.metering.store.LedgerConfig;
import io.wasmwiz.service.config.ConfigException;
import io.wasmwiz.service.database.DatabaseConfig;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MeteringCommandTest {
    private static final Map<String, String> REQUIRED = Map.of(
            "DATABASE_URL", "postgresql://metering:s3cret@db/wasmwiz",
            "WASMWIZ_KAFKA_BOOTSTRAP_SERVERS", "broker:9092");

    @Test
    void hasTheseDefaults() {
        assertThat(MeteringCommand.parse(REQUIRED))
                .isEqualTo(new MeteringConfig(
                        new MeteringConfig.AdminConfig("0.0.0.0", 8083),
                        new DatabaseConfig("postgresql://metering:s3cret@db/wasmwiz", 6, Duration.ofSeconds(5)),
                        new LogConfig(
                                "broker:9092",
                                "wasmwiz.executions.v1",
                                "wasmwiz-metering",
                                10_000,
                                Duration.ofMillis(100),
                                Duration.ofSeconds(5),
                                Map.of()),
                        new LedgerConfig(
                                Duration.ofSeconds(20),
                                Duration.ofSeconds(5),
                                Duration.ofMinutes(1),
                                Duration.ofSeconds(10),
                                7,
                                400,
                                1_100),
                        new LeaseConfig(
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(30),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(1)),
                        new ReconcileConfig(Duration.ofHours(1), 2, Duration.ofMinutes(10)),
                        Duration.ofSeconds(30)));
    }

    @Test
    void takesFlagsBeforeTheEnvironment() {
        MeteringConfig config = MeteringCommand.parse(
                REQUIRED, "--kafka-bootstrap-servers", "a:1,b:2", "--admin-port", "0", "--max-batch-records", "10");
        assertThat(config.log().bootstrapServers()).isEqualTo("a:1,b:2");
        assertThat(config.log().maxBatchRecords()).isEqualTo(10);
        assertThat(config.admin().port()).isZero();
    }

    @Test
    void reportsEveryFaultAtOnce() {
        assertThatThrownBy(() -> MeteringCommand.parse(
                        Map.of(),
                        "--admin-port=70000",
                        "--database-pool-size=1",
                        "--kafka-topic=a topic",
                        "--consumer-group=",
                        "--max-batch-records=0",
                        "--retry-min=PT20S",
                        "--lock-timeout=PT30S",
                        "--statement-timeout=PT26S",
                        "--partitions-ahead-days=61",
                        "--transaction-timeout=26s",
                        "--retention-days=0",
                        "--rollup-retention-days=7301",
                        "--grant-timeout=10ms",
                        "--watermark-interval=11m",
                        "--max-queue-wait=11m",
                        "--event-delivery-timeout=0s",
                        "--lease-close-margin=2h",
                        "--lease-sweep-interval=1ms",
                        "--reconcile-interval=10ms",
                        "--reconcile-days=0",
                        "--reconcile-timeout=2h",
                        "--kafka-property=acks=0|ssl.protocol=TLSv1.3",
                        "--last-used-granularity=PT2H",
                        "--drain-timeout=PT0S"))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> assertThat(e.faults())
                                .anySatisfy(fault -> assertThat(fault).contains("--admin-port"))
                                .anySatisfy(fault -> assertThat(fault).contains("--database-url"))
                                .anySatisfy(fault -> assertThat(fault).contains("--database-pool-size"))
                                .anySatisfy(fault -> assertThat(fault).contains("--kafka-bootstrap-servers"))
                                .anySatisfy(fault -> assertThat(fault).contains("--kafka-topic"))
                                .anySatisfy(fault -> assertThat(fault).contains("--consumer-group"))
                                .anySatisfy(fault -> assertThat(fault).contains("--max-batch-records"))
                                .anySatisfy(fault -> assertThat(fault).contains("--retry-min"))
                                .anySatisfy(fault -> assertThat(fault).contains("--retry-max"))
                                .anySatisfy(fault -> assertThat(fault).contains("--lock-timeout"))
                                .anySatisfy(fault -> assertThat(fault).contains("--statement-timeout"))
                                .anySatisfy(fault -> assertThat(fault).contains("--partitions-ahead-days"))
                                .anySatisfy(fault -> assertThat(fault).contains("--transaction-timeout"))
                                .anySatisfy(fault -> assertThat(fault).contains("--retention-days"))
                                .anySatisfy(fault -> assertThat(fault).contains("--rollup-retention-days"))
                                .anySatisfy(fault -> assertThat(fault).contains("--grant-timeout"))
                                .anySatisfy(fault -> assertThat(fault).contains("--watermark-interval"))
                                .anySatisfy(fault -> assertThat(fault).contains("--max-queue-wait"))
                                .anySatisfy(fault -> assertThat(fault).contains("--event-delivery-timeout"))
                                .anySatisfy(fault -> assertThat(fault).contains("--lease-close-margin"))
                                .anySatisfy(fault -> assertThat(fault).contains("--lease-sweep-interval"))
                                .anySatisfy(fault -> assertThat(fault).contains("--reconcile-interval"))
                                .anySatisfy(fault -> assertThat(fault).contains("--reconcile-days"))
                                .anySatisfy(fault -> assertThat(fault).contains("--reconcile-timeout"))
                                .anySatisfy(fault -> assertThat(fault).contains("--kafka-property", "not 'acks'"))
                                .anySatisfy(fault -> assertThat(fault).contains("--last-used-granularity"))
                                .anySatisfy(fault -> assertThat(fault).contains("--drain-timeout")));
    }

    @Test
    void refusesAMisspeltVariable() {
        assertThatThrownBy(() -> MeteringCommand.parse(Map.of("WASMWIZ_ADMIN_PROT", "1")))
                .hasMessageContaining("WASMWIZ_ADMIN_PROT");
    }

    @Test
    void takesSettingsOfTheKafkaClient() {
        MeteringConfig config = MeteringCommand.parse(
                REQUIRED, "--kafka-property", "security.protocol=SASL_SSL|sasl.jaas.config=login password=s3cret;");
        assertThat(config.log().clientProperties())
                .containsEntry("security.protocol", "SASL_SSL")
                .containsEntry("sasl.jaas.config", "login password=s3cret;");
        assertThat(config.toString()).doesNotContain("s3cret");
    }

    @Test
    void keepsThePasswordToItself() {
        assertThat(MeteringCommand.parse(REQUIRED).toString()).doesNotContain("s3cret");
    }
}

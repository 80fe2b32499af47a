package io.wasmwiz.metering;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.wasmwiz.events.v1.ExecutionStatus;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rollups and extents beside the rows that they sum up. */
final class RollupsIT {
    private static final int RECORDS = 2_000;

    private static final String UNEQUAL = """
            SELECT count(*) FROM (
                SELECT user_id, date_trunc('hour', admitted_at, 'UTC') AS hour, api_key_id, module_digest, status, tier,
                       count(*) AS runs, count(*) FILTER (WHERE charged) AS charged, sum(wall_time_us) AS wall_time_us,
                       sum(cpu_time_us) AS cpu_time_us, sum(input_bytes) AS input_bytes,
                       sum(output_bytes) AS output_bytes, max(peak_memory_bytes) AS peak_memory_bytes
                FROM usage_logs GROUP BY 1, 2, 3, 4, 5, 6) s
            FULL JOIN usage_rollups r ON r::text = s::text
            WHERE r.user_id IS NULL OR s.user_id IS NULL
            """;
    private static final String UNEQUAL_DAYS = UNEQUAL.replace(
                    "date_trunc('hour', admitted_at, 'UTC') AS hour", "(admitted_at AT TIME ZONE 'UTC')::date AS day")
            .replace("usage_rollups", "usage_day_rollups");
    private static final String UNEQUAL_EXTENTS = """
            SELECT count(*) FROM (
                SELECT day, log_generation, log_partition, min(log_offset) AS first, max(log_offset) AS last
                FROM usage_logs GROUP BY 1, 2, 3) s
            FULL JOIN usage_log_extents e ON e::text = s::text
            WHERE e.day IS NULL OR s.day IS NULL
            """;

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final TestDatabase database = POSTGRES.createDatabase();
    private final Stage stage =
            new Stage(database.jdbi(), database.url("wasmwiz_metering"), KAFKA.bootstrapServers(), KAFKA.newTopic(3));

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void equalTheirRowsWhateverTheBatchesOfTwoWorkersWere() {
        Random random = new Random(7);
        List<UUID> accounts = new ArrayList<>();
        List<UUID> keys = new ArrayList<>();
        List<UUID> leases = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            accounts.add(stage.account());
            keys.add(stage.key(accounts.get(i)));
            leases.add(stage.lease(accounts.get(i), 300));
        }
        stage.worker("--max-batch-records=37");
        stage.worker("--max-batch-records=150");

        for (int i = 0; i < RECORDS; i++) {
            int who = random.nextInt(accounts.size());
            var event = EventFixture.execution(
                            accounts.get(who),
                            leases.get(who),
                            Stage.now().plus(Duration.ofMinutes(random.nextInt(180))))
                    .setStatus(ExecutionStatus.forNumber(1 + random.nextInt(7)))
                    .setModuleDigest(ByteString.copyFrom(new byte[32])
                            .substring(1)
                            .concat(ByteString.copyFrom(new byte[] {(byte) random.nextInt(2)})))
                    .setWallTimeUs(random.nextInt(1_000_000))
                    .setCpuTimeUs(random.nextInt(1_000_000))
                    .setInputBytes(random.nextInt(1_000))
                    .setOutputBytes(random.nextInt(1_000))
                    .setPeakMemoryBytes(random.nextInt(1_000) * 65_536L)
                    .setCharged(random.nextInt(10) > 0);
            if (random.nextBoolean()) {
                event.setApiKeyId(EventFixture.bytes(keys.get(who)));
            }
            stage.send(accounts.get(who), EventFixture.value(event));
            if (random.nextInt(20) == 0) {
                stage.send(accounts.get(who), EventFixture.value(event));
            }
        }
        stage.awaitMetered();

        assertThat(stage.number("SELECT sum(runs) FROM usage_rollups")).isEqualTo(RECORDS);
        assertThat(stage.number("SELECT sum(charged) FROM usage_rollups"))
                .isEqualTo(stage.number("SELECT sum(charged) FROM daily_tier_counters"))
                .isPositive();
        assertThat(stage.number(UNEQUAL)).isZero();
        assertThat(stage.number(UNEQUAL_DAYS)).isZero();
        assertThat(stage.number(UNEQUAL_EXTENTS)).isZero();
    }

    @Test
    void holdSumsThatNoSixtyFourBitsHold() {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 10);
        for (int i = 0; i < 3; i++) {
            stage.send(
                    account,
                    EventFixture.value(EventFixture.execution(account, lease, Stage.now())
                            .setWallTimeUs(Long.MAX_VALUE)
                            .setInputBytes(Long.MAX_VALUE)));
        }
        stage.flush();
        stage.worker();
        stage.awaitMetered();

        assertThat(stage.texts("SELECT concat_ws(' ', runs, wall_time_us, input_bytes) FROM usage_rollups"))
                .containsExactly("3 27670116110564327421 27670116110564327421");
        assertThat(stage.number(UNEQUAL)).isZero();
        assertThat(stage.number(UNEQUAL_DAYS)).isZero();
    }
}

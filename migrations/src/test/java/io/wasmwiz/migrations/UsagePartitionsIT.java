package io.wasmwiz.migrations;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code ensure_usage_partition}, called as metering calls it. */
@ParameterizedClass
@EnumSource
final class UsagePartitionsIT {
    private static final String PARTITIONS = """
            SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'usage_logs'::regclass ORDER BY 1
            """;
    private static final String INSERT_TODAY = """
            INSERT INTO usage_logs (day, execution_id, user_id, module_digest, tier, tier_version, status, admitted_at,
                wall_time_us, cpu_time_us, queue_time_us, peak_memory_bytes, module_bytes, input_bytes, output_bytes,
                cache_hit, output_truncated, output_lost, charged, uncharged_cause, log_partition, log_offset)
            VALUES ((now() AT TIME ZONE 'UTC')::date, gen_random_uuid(), gen_random_uuid(),
                decode(repeat('ab', 32), 'hex'), 'Free', 1, 'completed', now(), 0, 0, 0, 0, 0, 0, 0, true, false, false,
                false, 'not_chargeable', 0, 0)
            """;

    @Parameter
    private TestServer server = TestServer.NEWEST;

    private Jdbi superuser = Jdbi.create("jdbc:postgresql:unused");
    private Jdbi metering = superuser;

    @BeforeEach
    void createDatabase() {
        TestServer.TestDatabase database = server.migratedDatabase();
        superuser = database.jdbi();
        metering = database.jdbi(ServiceRole.METERING);
    }

    @Test
    void makesADayOnceWithTheIndexesOfTheLedger() {
        assertThat(ensure(metering, "'2026-01-31'")).isTrue();
        assertThat(ensure(metering, "'2026-01-31'")).isFalse();

        assertThat(rows(PARTITIONS)).containsExactly("usage_logs_20260131");
        assertThat(rows("SELECT count(*) FROM pg_index WHERE indrelid = 'usage_logs_20260131'::regclass"))
                .containsExactly("4");
        assertThat(rows("SELECT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                        + " WHERE relname = 'usage_logs_20260131'"))
                .containsExactly("public");
    }

    @Test
    void makesADayOnceForTwoWorkersAtOnce() throws Exception {
        try (Handle first = metering.open()) {
            first.begin();
            assertThat(ensure(first, "'2026-01-31'")).isTrue();
            CompletableFuture<Boolean> second = CompletableFuture.supplyAsync(() -> ensure(metering, "'2026-01-31'"));
            await().atMost(30, SECONDS)
                    .until(() -> rows("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                            .equals(List.of("1")));

            first.commit();

            assertThat(second.get(30, SECONDS)).isFalse();
        }
        assertThat(rows(PARTITIONS)).hasSize(1);
    }

    @Test
    void waitsForNoWriter() {
        ensure(metering, "(now() AT TIME ZONE 'UTC')::date");
        try (Handle writer = metering.open()) {
            writer.begin();
            writer.execute(INSERT_TODAY);

            boolean made = metering.inTransaction(handle -> {
                handle.execute("SET LOCAL lock_timeout = '2s'");
                return ensure(handle, "(now() AT TIME ZONE 'UTC')::date + 1");
            });

            assertThat(made).isTrue();
            writer.execute(INSERT_TODAY);
            writer.commit();
        }
    }

    @Test
    void keepsARowOutOfADayThatHasNoPartition() {
        assertThat(Refusals.refusal(() -> metering.useHandle(handle -> handle.execute(INSERT_TODAY)))
                        .getSQLState())
                .isEqualTo("23514");
    }

    @Test
    void refusesDaysThatAreNone() {
        for (String day : List.of("NULL", "'0001-01-01'", "'infinity'", "(now() AT TIME ZONE 'UTC')::date + 367")) {
            assertThat(Refusals.refusal(() -> ensure(metering, day)).getMessage())
                    .as(day)
                    .contains("usage partition of")
                    .contains("within ten years back and one year ahead is allowed");
        }
        assertThat(ensure(metering, "(now() AT TIME ZONE 'UTC')::date + 366")).isTrue();
        assertThat(ensure(metering, "(now() AT TIME ZONE 'UTC')::date - 3660")).isTrue();
    }

    @Test
    void refusesADayWhoseNameAnotherTableHas() {
        ensure(metering, "'2026-01-31'");
        superuser.useHandle(handle -> handle.execute("ALTER TABLE usage_logs DETACH PARTITION usage_logs_20260131"));
        assertThat(Refusals.refusal(() -> ensure(metering, "'2026-01-31'")).getSQLState())
                .isEqualTo("42P07");
    }

    private static boolean ensure(Jdbi jdbi, String day) {
        return jdbi.withHandle(handle -> ensure(handle, day));
    }

    private static boolean ensure(Handle handle, String day) {
        return handle.createQuery("SELECT ensure_usage_partition(" + day + ")")
                .mapTo(Boolean.class)
                .one();
    }

    private List<String> rows(String sql) {
        return superuser.withHandle(
                handle -> handle.createQuery(sql).mapTo(String.class).list());
    }
}

package io.wasmwiz.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDate;
import java.util.UUID;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PostgresExtensionIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private final TestDatabase database = POSTGRES.createDatabase();

    @Test
    void givesEachTestAMigratedDatabaseOfItsOwn() {
        TestDatabase other = POSTGRES.createDatabase();
        UUID account = database.insertAccount("ada", "Free");
        database.insertKey(account, new byte[32]);
        database.ensurePartition(LocalDate.of(2026, 1, 31));

        assertThat(count(database.jdbi(), "users WHERE name = 'ada'")).isEqualTo(1);
        assertThat(count(database.jdbi(), "api_keys")).isEqualTo(1);
        assertThat(count(database.jdbi(), "pg_class WHERE relname = 'usage_logs_20260131'"))
                .isEqualTo(1);
        assertThat(count(other.jdbi(), "users WHERE name = 'ada'")).isZero();
    }

    @Test
    void insertsALeaseWithItsUnitsHeld() {
        UUID account = database.insertAccount("ada", "Free");
        LocalDate day = LocalDate.of(2026, 1, 31);
        database.insertLease(account, "Free", day, 10);
        database.insertLease(account, "Free", day, 5);

        assertThat(count(database.jdbi(), "quota_leases WHERE state = 'open' AND day = '2026-01-31'"))
                .isEqualTo(2);
        assertThat(count(database.jdbi(), "daily_tier_counters WHERE day = '2026-01-31' AND held = 15"))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"wasmwiz_executor", "wasmwiz_metering", "wasmwiz_reader"})
    void logsInAsAMemberOfOneRole(String role) {
        Jdbi jdbi = database.jdbi(role);
        assertThat(count(
                        jdbi,
                        "pg_roles WHERE rolname LIKE 'wasmwiz%' AND rolname NOT LIKE '%login' "
                                + "AND pg_has_role(current_user, oid, 'MEMBER')"))
                .isEqualTo(1);
        assertThat(count(jdbi, "pg_roles WHERE pg_has_role(current_user, '" + role + "', 'USAGE')"))
                .isPositive();
    }

    @Test
    void refusesARoleThatIsNone() {
        assertThatThrownBy(() -> database.url("postgres")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void dropsADatabaseWithItsSessions() throws Exception {
        try (var session = database.jdbi().open()) {
            database.close();
            assertThatThrownBy(() -> session.execute("SELECT 1")).isNotNull();
        }
        assertThatThrownBy(() -> database.jdbi().open().close()).isInstanceOf(ConnectionException.class);
    }

    private static long count(Jdbi jdbi, String from) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT count(*) FROM " + from)
                .mapTo(Long.class)
                .one());
    }
}

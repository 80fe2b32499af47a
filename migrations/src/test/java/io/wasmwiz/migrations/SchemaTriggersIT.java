package io.wasmwiz.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What the database does by itself, and what it starts with. */
@ParameterizedClass
@EnumSource
final class SchemaTriggersIT {
    private static final String ADA = "019b76da-a800-7000-8000-00000000000a";
    private static final String KEY = "019b76da-a800-7000-8000-0000000000aa";

    // Of the day of its grant, whichever that is.
    /** Of a grant at a time until a later one, or the end of the grant's day. */
    private static final String LEASE = """
            INSERT INTO quota_leases (id, user_id, tier, day, size, executor, granted_at, use_by)
            SELECT gen_random_uuid(), gen_random_uuid(), 'Free', day, 1, 'e', g,
                   least(u, (day + 1)::timestamp AT TIME ZONE 'UTC')
            FROM (SELECT %s AS g, %s AS u) AS times, LATERAL (SELECT (g AT TIME ZONE 'UTC')::date AS day) AS days
            """;

    @Parameter
    private TestServer server = TestServer.NEWEST;

    private Jdbi jdbi = Jdbi.create("jdbc:postgresql:unused");

    @BeforeEach
    void createAccount() {
        jdbi = server.migratedDatabase().jdbi();
        execute("INSERT INTO users (id, name, tier) VALUES ('" + ADA + "', 'ada', 'Free')");
        execute("INSERT INTO api_keys (id, user_id, key_hash) VALUES ('" + KEY + "', '" + ADA
                + "', decode(repeat('ab', 32), 'hex'))");
    }

    @Test
    void seedsTheTiersAndTheDeveloperAccount() {
        assertThat(rows(
                        "SELECT concat_ws(' ', name, executions_per_minute, executions_per_day, memory_mib, run_time_ms,"
                                + " version) FROM subscription_tiers ORDER BY executions_per_day"))
                .containsExactly("Free 10 500 128 5000 1", "Basic 100 10000 256 10000 1", "Pro 500 50000 512 30000 1");
        assertThat(rows("SELECT concat_ws(' ', id, tier, status) FROM users WHERE name = 'developer'"))
                .containsExactly("019b76da-a800-7000-8000-000000000001 Pro active");
        assertThat(rows("SELECT count(*) FROM api_keys k JOIN users u ON u.id = k.user_id WHERE u.name = 'developer'"))
                .containsExactly("0");
    }

    @Test
    void movesUpdatedAtWithEveryChange() {
        execute("INSERT INTO wasm_modules (user_id, digest, code, size_bytes, profile) VALUES ('" + ADA
                + "', decode(repeat('ab', 32), 'hex'), '\\x00', 1, '')");
        execute("INSERT INTO log_positions (topic, partition, topic_id, next_offset) VALUES ('t', 0, '" + ADA
                + "', 0)");
        Map<String, String> changes = Map.of(
                "users", "status = 'suspended'",
                "subscription_tiers", "memory_mib = memory_mib + 1",
                "api_keys", "revoked_at = now()",
                "wasm_modules", "name = 'renamed'",
                "daily_tier_counters", "held = 1",
                "log_positions", "next_offset = 1");
        assertThat(changes.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        rows("SELECT relname FROM pg_attribute a JOIN pg_class c ON c.oid ="
                                + " attrelid WHERE attname = 'updated_at' AND relkind = 'r' AND relnamespace ="
                                + " 'public'::regnamespace"));
        changes.forEach((table, change) -> {
            jdbi.useTransaction(handle -> {
                handle.execute("SET LOCAL session_replication_role = replica");
                handle.execute("UPDATE " + table + " SET updated_at = '2020-01-01T00:00:00Z'");
            });
            execute("UPDATE " + table + " SET " + change);
            assertThat(rows("SELECT count(*) FROM " + table + " WHERE updated_at < now() - interval '1 hour'"))
                    .as(table)
                    .containsExactly("0");
        });
    }

    @Test
    void opensACounterWithTheAccountAndWithItsNextTier() {
        execute("UPDATE users SET tier = 'Basic' WHERE id = '" + ADA + "'");
        execute("UPDATE users SET tier = 'Free' WHERE id = '" + ADA + "'");
        assertThat(rows("SELECT concat_ws(' ', tier, day = (now() AT TIME ZONE 'UTC')::date, held, charged, executions)"
                        + " FROM daily_tier_counters WHERE user_id = '" + ADA + "' ORDER BY tier"))
                .containsExactly("Basic t 0 0 0", "Free t 0 0 0");
    }

    @Test
    void renewsALeaseForAQuarterOfAnHourFromItsGrantAtMost() {
        execute(LEASE.formatted("timestamptz '2026-03-01T12:00Z'", "timestamptz '2026-03-01T12:14:30Z'"));
        execute("UPDATE quota_leases SET use_by = '2026-03-01T12:20Z'");
        assertThat(rows("SELECT use_by = granted_at + interval '15 minutes' FROM quota_leases"))
                .containsExactly("t");
        execute("UPDATE quota_leases SET use_by = '2026-03-01T13:00Z'");
        assertThat(rows("SELECT use_by = granted_at + interval '15 minutes' FROM quota_leases"))
                .containsExactly("t");
    }

    @Test
    void refusesAGrantThatBeganBeforeTheFloor() {
        execute(LEASE.formatted("now() - interval '9 seconds'", "now() + interval '5 minutes'"));
        execute("SELECT advance_usage_watermark(10000)");
        execute(LEASE.formatted("now() - interval '9 seconds'", "now() + interval '5 minutes'"));
        Refusals.assertConstraint(
                "quota_leases_granted_in_time",
                () -> execute(LEASE.formatted("now() - interval '11 seconds'", "now() + interval '5 minutes'")));
    }

    @Test
    void keepsEveryVersionOfATier() {
        execute("UPDATE subscription_tiers SET executions_per_day = 600 WHERE name = 'Free'");
        execute("UPDATE subscription_tiers SET executions_per_day = 600, version = 9 WHERE name = 'Free'");
        execute("UPDATE subscription_tiers SET run_time_ms = 6000 WHERE name = 'Free'");
        execute("INSERT INTO subscription_tiers (name, version, executions_per_minute, executions_per_day, memory_mib,"
                + " run_time_ms, max_concurrency) VALUES ('Team', 7, 1, 1, 1, 1, 1)");

        assertThat(rows(
                        "SELECT concat_ws(' ', version, executions_per_day, run_time_ms) FROM subscription_tier_versions"
                                + " WHERE name = 'Free' ORDER BY version"))
                .containsExactly("1 500 5000", "2 600 5000", "3 600 6000");
        assertThat(rows("SELECT version FROM subscription_tiers WHERE name = 'Free'"))
                .containsExactly("3");
        assertThat(rows("SELECT version FROM subscription_tier_versions WHERE name = 'Team'"))
                .containsExactly("1");
    }

    @Test
    void refusesToRenameATierAndToDeleteOneInUse() {
        Refusals.assertConstraint(
                "subscription_tiers_name_is_fixed",
                () -> execute("UPDATE subscription_tiers SET name = 'Gratis' WHERE name = 'Free'"));
        assertThat(Refusals.refusal(() -> execute("DELETE FROM subscription_tiers WHERE name = 'Free'"))
                        .getSQLState())
                .isEqualTo("23503");
    }

    @Test
    void refusesTiersAndAccountsThatDifferInCaseOnly() {
        Refusals.assertConstraint(
                "subscription_tiers_name_key",
                () -> execute("INSERT INTO subscription_tiers (name, executions_per_minute, executions_per_day,"
                        + " memory_mib, run_time_ms, max_concurrency) VALUES ('FREE', 1, 1, 1, 1, 1)"));
        Refusals.assertConstraint(
                "users_name_key",
                () -> execute("INSERT INTO users (id, name, tier) VALUES (gen_random_uuid(), 'Ada', 'Free')"));
    }

    @Test
    void raisesTheEpochWithEveryChangeThatAuthenticationSees() {
        for (String change : List.of(
                "UPDATE users SET status = 'suspended' WHERE name = 'ada'",
                "UPDATE users SET tier = 'Pro' WHERE name = 'ada'",
                "UPDATE subscription_tiers SET max_concurrency = 3 WHERE name = 'Pro'",
                "UPDATE api_keys SET scopes = '{execute}'",
                "UPDATE api_keys SET expires_at = now()",
                "UPDATE api_keys SET revoked_at = now()",
                "INSERT INTO api_keys (id, user_id, key_hash) VALUES (gen_random_uuid(), '" + ADA
                        + "', decode(repeat('cd', 32), 'hex'))",
                "DELETE FROM api_keys WHERE id = '" + KEY + "'",
                "DELETE FROM users WHERE name = 'ada'")) {
            long before = epoch();
            execute(change);
            assertThat(epoch()).as(change).isGreaterThan(before);
        }
    }

    @Test
    void leavesTheEpochAndUpdatedAtWhenAKeyIsUsed() {
        long before = epoch();
        List<String> updatedAt = rows("SELECT updated_at FROM api_keys");
        execute("UPDATE api_keys SET last_used_at = now()");
        assertThat(epoch()).isEqualTo(before);
        assertThat(rows("SELECT updated_at FROM api_keys")).isEqualTo(updatedAt);
    }

    @Test
    void refusesEvenItsOwnerToChangeTheAuditLog() {
        execute("INSERT INTO audit_events (actor, action, target, client_address, user_agent, outcome)"
                + " VALUES ('server', 'CreateUser', '', '', '', 'done')");
        for (String change :
                List.of("UPDATE audit_events SET target = 'x'", "DELETE FROM audit_events", "TRUNCATE audit_events")) {
            Refusals.assertConstraint("audit_events_are_final", () -> execute(change));
        }
    }

    @Test
    void chainsAuditEventsInWhateverOrderTheyAreInserted() {
        for (int i = 0; i < 3; i++) {
            execute("INSERT INTO audit_events (seq, actor, action, target, client_address, user_agent, outcome)"
                    + " VALUES (" + (9 - i) + ", 'server', 'CreateUser', '', '', '', 'done')");
        }
        assertThat(rows("SELECT concat_ws(' ', seq, hash = audit_hash(e), previous_hash ="
                        + " coalesce(lag(hash) OVER (ORDER BY seq), decode(repeat('00', 32), 'hex')))"
                        + " FROM audit_events e ORDER BY seq"))
                .containsExactly("1 t t", "2 t t", "3 t t");
        assertThat(rows("SELECT h.seq FROM audit_head h JOIN audit_events e ON e.seq = h.seq AND e.hash = h.hash"))
                .containsExactly("3");
    }

    @Test
    void deletesAnAccountWithWhatIsItsAlone() {
        execute("DELETE FROM users WHERE id = '" + ADA + "'");
        assertThat(rows("SELECT count(*) FROM api_keys")).containsExactly("0");
        assertThat(rows("SELECT count(*) FROM daily_tier_counters WHERE user_id = '" + ADA + "'"))
                .containsExactly("0");
    }

    private long epoch() {
        return Long.parseLong(rows("SELECT epoch FROM auth_epoch").get(0));
    }

    private void execute(String sql) {
        jdbi.useHandle(handle -> handle.execute(sql));
    }

    private List<String> rows(String sql) {
        return jdbi.withHandle(
                handle -> handle.createQuery(sql).mapTo(String.class).list());
    }
}

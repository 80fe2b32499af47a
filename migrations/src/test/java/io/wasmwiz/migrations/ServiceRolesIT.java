package io.wasmwiz.migrations;

import static io.wasmwiz.migrations.Refusals.assertPermissionDenied;
import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.service.database.SchemaCheck;
import java.io.StringReader;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.PGConnection;

/** Each role does what its service does, logged in as a user who is a member of it alone, and nothing else. */
@ParameterizedClass
@EnumSource
final class ServiceRolesIT {
    private static final String ADA = "'019b76da-a800-7000-8000-00000000000a'";
    private static final String KEY = "'019b76da-a800-7000-8000-0000000000aa'";
    private static final String LEASE = "'019b76da-a800-7000-8000-0000000000bb'";
    private static final String HASH = "decode(repeat('ab', 32), 'hex')";
    private static final String TODAY = "(now() AT TIME ZONE 'UTC')::date";
    private static final String END_OF_TODAY = "(" + TODAY + " + 1)::timestamp AT TIME ZONE 'UTC'";

    private static final String LOCK_DAY = """
            SELECT c.held FROM subscription_tiers t JOIN daily_tier_counters c ON c.tier = t.name
            WHERE t.name = 'Free' AND c.user_id = %s AND c.day = %s
            FOR NO KEY UPDATE OF c
            """.formatted(ADA, TODAY);
    private static final String OPEN_DAY = """
            INSERT INTO daily_tier_counters (user_id, tier, day)
            SELECT %s, t.name, %s FROM subscription_tiers t WHERE t.name = 'Free'
            ON CONFLICT (user_id, tier, day) DO NOTHING
            """.formatted(ADA, TODAY);
    private static final String TAKE = """
            WITH raised AS (
              UPDATE daily_tier_counters SET held = held + 10 WHERE user_id = %s AND tier = 'Free' AND day = %s
              RETURNING day)
            INSERT INTO quota_leases (id, user_id, tier, day, size, executor, granted_at, use_by)
            SELECT %s, %s, 'Free', day, 10, 'executor-1', now(), %s FROM raised
            """.formatted(ADA, TODAY, LEASE, ADA, END_OF_TODAY);

    private static final String COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = '%s'::regclass"
            + " AND attnum > 0 AND NOT attisdropped ORDER BY 1";
    private static final String IN_ADA = "SELECT set_config('wasmwiz.account_id', " + ADA + ", true)";

    @Parameter
    private TestServer server = TestServer.NEWEST;

    private Jdbi superuser = Jdbi.create("jdbc:postgresql:unused");
    private Jdbi executor = superuser;
    private Jdbi admin = superuser;
    private Jdbi metering = superuser;
    private Jdbi reader = superuser;

    @BeforeEach
    void createAccount() {
        TestServer.TestDatabase database = server.migratedDatabase();
        superuser = database.jdbi();
        executor = database.jdbi(ServiceRole.EXECUTOR);
        admin = database.jdbi(ServiceRole.ADMIN);
        metering = database.jdbi(ServiceRole.METERING);
        reader = database.jdbi(ServiceRole.READER);
        execute(superuser, "INSERT INTO users (id, name, tier) VALUES (" + ADA + ", 'ada', 'Free')");
        execute(
                superuser,
                "INSERT INTO api_keys (id, user_id, key_hash) VALUES (" + KEY + ", " + ADA + ", " + HASH + ")");
        execute(superuser, "SELECT ensure_usage_partition(" + TODAY + ")");
    }

    @Test
    void executorGrantsALeaseAndRenewsIt() {
        execute(superuser, "DELETE FROM daily_tier_counters WHERE user_id = " + ADA);
        executor.useTransaction(handle -> {
            handle.execute(IN_ADA);
            assertThat(handle.createQuery(LOCK_DAY).mapTo(Long.class).findOne()).isEmpty();
            handle.execute(OPEN_DAY);
            handle.execute(OPEN_DAY);
            assertThat(handle.createQuery(LOCK_DAY).mapTo(Long.class).one()).isZero();
            assertThat(handle.execute(TAKE)).isEqualTo(1);
        });
        executeInAda("UPDATE quota_leases SET use_by = " + END_OF_TODAY + " WHERE id = " + LEASE
                + " AND state = 'open' AND use_by > now()");
        executeInAda("SELECT id FROM quota_leases WHERE id = " + LEASE + " FOR UPDATE");
        assertThat(rows(reader, "SELECT concat_ws(' ', held, charged) FROM daily_tier_counters WHERE user_id = " + ADA))
                .containsExactly("10 0");
    }

    @Test
    void executorReadsKeysAccountsTiersAndUsage() {
        assertThat(rowsInAda("SELECT u.name FROM api_keys k JOIN users u ON u.id = k.user_id"
                        + " JOIN subscription_tiers t ON t.name = u.tier WHERE k.key_hash = " + HASH))
                .containsExactly("ada");
        assertThat(rows(executor, "SELECT epoch > 0 FROM auth_epoch")).containsExactly("t");
        assertThat(rowsInAda("SELECT count(*) FROM account_usage_logs WHERE user_id = " + ADA))
                .containsExactly("0");
        assertThat(rows(executor, "SELECT version FROM subscription_tier_versions WHERE name = 'Free'"))
                .containsExactly("1");
    }

    @Test
    void executorSeesHowFarTheLedgerIsAndEveryColumnOfIt() {
        assertThat(rows(
                        executor,
                        "SELECT count(*) FROM log_positions p JOIN log_topics t USING (topic, topic_id)"
                                + " WHERE p.partition >= 0 AND p.next_offset >= 0"))
                .containsExactly("0");
        for (String view : List.of("account_usage_logs", "account_usage_log_order")) {
            assertThat(rows(superuser, COLUMNS.formatted(view)))
                    .as(view)
                    .containsExactlyElementsOf(rows(superuser, COLUMNS.formatted("usage_logs")));
        }
    }

    @Test
    void executorKeepsModules() {
        executeInAda("INSERT INTO wasm_modules (user_id, digest, name, code, size_bytes, profile) VALUES (" + ADA + ", "
                + HASH + ", 'm', '\\x00', 1, '')");
        executeInAda("UPDATE wasm_modules SET name = 'n' WHERE user_id = " + ADA + " AND name <> 'n'");
        assertThat(rowsInAda("SELECT octet_length(code) FROM wasm_modules")).containsExactly("1");
        assertThat(rows(reader, "SELECT name FROM wasm_modules")).containsExactly("n");
        executeInAda("DELETE FROM wasm_modules WHERE user_id = " + ADA);
    }

    @Test
    void executorClaimsRequestsAndTakesMinutes() {
        executeInAda("INSERT INTO request_claims AS c (user_id, request_id, execution_id, day, content_hash) VALUES ("
                + String.join(", ", ADA, KEY, LEASE, TODAY, HASH)
                + ") ON CONFLICT (user_id, request_id) DO UPDATE SET attempts = c.attempts + 1");
        executeInAda("INSERT INTO minute_grants AS g (user_id, tier, minute, granted) VALUES (" + ADA
                + ", 'Free', date_trunc('minute', now(), 'UTC'), 5)"
                + " ON CONFLICT (user_id, tier, minute) DO UPDATE SET granted = g.granted + excluded.granted");
        executeInAda("SELECT granted FROM minute_grants FOR UPDATE");
        execute(metering, "DELETE FROM request_claims WHERE day <= " + TODAY);
        execute(metering, "DELETE FROM minute_grants WHERE minute <= now()");
        assertThat(rows(superuser, "SELECT count(*) FROM request_claims")).containsExactly("0");
    }

    @Test
    void executorMayNotDoWhatOthersDo() {
        for (String statement : List.of(
                "INSERT INTO usage_logs (day) VALUES (" + TODAY + ")",
                "INSERT INTO account_usage_logs (day) VALUES (" + TODAY + ")",
                "SELECT day FROM usage_logs",
                "DELETE FROM usage_logs",
                "UPDATE daily_tier_counters SET charged = 0",
                "UPDATE daily_tier_counters SET executions = 0",
                "DELETE FROM daily_tier_counters",
                "INSERT INTO daily_tier_counters (user_id, tier, day, held) VALUES (" + ADA + ", 'Pro', " + TODAY
                        + ", 1)",
                "UPDATE quota_leases SET state = 'closed'",
                "UPDATE quota_leases SET charged = 0",
                "UPDATE quota_leases SET size = 1000",
                "INSERT INTO quota_leases (id, state) VALUES (" + LEASE + ", 'open')",
                "DELETE FROM quota_leases",
                "INSERT INTO api_keys (id, user_id, key_hash) VALUES (" + LEASE + ", " + ADA + ", " + HASH + ")",
                "UPDATE api_keys SET scopes = '{admin}'",
                "UPDATE api_keys SET last_used_at = now()",
                "UPDATE users SET tier = 'Pro'",
                "UPDATE subscription_tiers SET executions_per_day = 1000000",
                "UPDATE subscription_tier_versions SET executions_per_day = 1000000",
                "UPDATE auth_epoch SET epoch = 1",
                "SELECT action FROM audit_events",
                "INSERT INTO audit_events (actor) VALUES ('server')",
                "SELECT result FROM admin_requests",
                "UPDATE wasm_modules SET code = ''",
                "DELETE FROM request_claims",
                "INSERT INTO batch_claims (user_id) VALUES (" + ADA + ")",
                "UPDATE batch_claims SET reruns = 0",
                "SELECT leader_epoch FROM log_positions",
                "UPDATE log_positions SET next_offset = 1",
                "SELECT record_value FROM dead_events",
                "SELECT ensure_usage_partition(" + TODAY + ")",
                "SELECT version FROM flyway_schema_history",
                "CREATE TABLE mine (a int)",
                "DROP TABLE usage_logs",
                "TRUNCATE quota_leases")) {
            assertDenied(executor, statement);
        }
    }

    @Test
    void adminChangesAccountsKeysAndTiersAndReadsNoHash() {
        execute(
                admin,
                "INSERT INTO users (id, name, tier) VALUES (" + LEASE + ", 'bob', 'Free') ON CONFLICT DO NOTHING");
        execute(admin, "SELECT id FROM users WHERE id = " + ADA + " FOR NO KEY UPDATE");
        execute(admin, "UPDATE users SET tier = 'Pro', status = 'suspended' WHERE id = " + ADA);
        execute(
                admin,
                "INSERT INTO api_keys (id, user_id, name, key_hash, scopes) VALUES (" + LEASE + ", " + LEASE
                        + ", 'k', decode(repeat('cd', 32), 'hex'), '{account}')");
        execute(admin, "UPDATE api_keys SET scopes = '{execute}', revoked_at = now() WHERE id = " + KEY);
        execute(admin, "UPDATE subscription_tiers SET memory_mib = 64 WHERE name = 'Free'");
        assertThat(rows(admin, "SELECT version FROM subscription_tiers WHERE name = 'Free'"))
                .containsExactly("2");
        for (String statement : List.of(
                "SELECT key_hash FROM api_keys",
                "UPDATE api_keys SET key_hash = " + HASH,
                "UPDATE api_keys SET user_id = " + ADA,
                "DELETE FROM api_keys",
                "UPDATE users SET name = 'x'",
                "DELETE FROM users",
                "DELETE FROM subscription_tiers",
                "UPDATE auth_epoch SET epoch = 1",
                "SELECT held FROM daily_tier_counters",
                "SELECT code FROM wasm_modules",
                "INSERT INTO usage_logs (day) VALUES (" + TODAY + ")",
                "UPDATE admin_bootstrap SET user_id = " + ADA,
                "DELETE FROM admin_bootstrap",
                "CREATE TABLE mine (a int)")) {
            assertDenied(admin, statement);
        }
    }

    @Test
    void adminOnlyAddsToTheAuditLogAndCannotChooseAPlaceInItsChain() {
        String columns = "actor, action, target, client_address, user_agent, outcome";
        String values = "'server', 'CreateUser', '', '', '', 'done'";
        execute(admin, "INSERT INTO audit_events (" + columns + ") VALUES (" + values + ")");
        assertThat(rows(admin, "SELECT seq FROM audit_events")).containsExactly("1");
        for (String statement : List.of(
                "UPDATE audit_events SET action = 'Other'",
                "DELETE FROM audit_events",
                "TRUNCATE audit_events",
                "UPDATE audit_head SET seq = 0",
                "INSERT INTO audit_head (seq, hash) VALUES (0, " + HASH + ")",
                "INSERT INTO audit_events (" + columns + ", seq) VALUES (" + values + ", 7)",
                "INSERT INTO audit_events (" + columns + ", hash) VALUES (" + values + ", " + HASH + ")",
                "ALTER TABLE audit_events DISABLE TRIGGER audit_events_chain")) {
            assertDenied(admin, statement);
        }
    }

    @Test
    void meteringWritesABatchInOneTransaction() throws Exception {
        executor.useTransaction(handle -> {
            handle.execute(IN_ADA);
            handle.execute(OPEN_DAY);
            handle.execute(TAKE);
        });
        execute(
                metering,
                "INSERT INTO log_positions (topic, partition, topic_id, next_offset) VALUES ('t', 0, " + ADA
                        + ", 0) ON CONFLICT (topic, partition) DO NOTHING");
        metering.useTransaction(handle -> {
            handle.execute("SELECT next_offset FROM log_positions WHERE topic = 't' FOR UPDATE");
            handle.execute("SAVEPOINT copy");
            handle.getConnection()
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn(
                            "COPY usage_logs FROM STDIN (FORMAT csv)",
                            new StringReader(usageRow(handle.createQuery("SELECT " + TODAY)
                                    .mapTo(String.class)
                                    .one())));
            handle.execute("SELECT id FROM quota_leases WHERE id = " + LEASE + " ORDER BY id FOR UPDATE");
            handle.execute("UPDATE quota_leases SET charged = 1, state = 'closed', closed_at = now()");
            handle.execute("SELECT held FROM daily_tier_counters WHERE user_id = " + ADA + " FOR NO KEY UPDATE");
            handle.execute("UPDATE daily_tier_counters SET held = held - 9, charged = charged + 1,"
                    + " executions = executions + 1 WHERE user_id = " + ADA);
            handle.execute("INSERT INTO daily_tier_counters AS c (user_id, tier, day, executions) VALUES (" + ADA
                    + ", 'Free', " + TODAY
                    + ", 1) ON CONFLICT (user_id, tier, day) DO UPDATE SET executions = c.executions + 1");
            handle.execute("UPDATE log_positions SET next_offset = 1, leader_epoch = 0 WHERE topic = 't'");
        });
        assertThat(rows(
                        reader,
                        "SELECT concat_ws(' ', held, charged, executions) FROM daily_tier_counters WHERE user_id ="
                                + " " + ADA))
                .containsExactly("1 1 2");
        assertThat(rows(reader, "SELECT charged FROM usage_logs")).containsExactly("t");
    }

    @Test
    void meteringIsolatesBadRowsInATemporaryTable() {
        metering.useTransaction(handle -> {
            handle.execute("CREATE TEMPORARY TABLE staging (LIKE usage_logs INCLUDING DEFAULTS) ON COMMIT DROP");
            handle.execute("INSERT INTO usage_logs SELECT s.* FROM staging s ON CONFLICT DO NOTHING");
            handle.execute("INSERT INTO dead_events (topic, log_partition, log_offset, topic_id, reason) VALUES"
                    + " ('t', 0, 0, " + ADA + ", 'BAD_ROW')");
        });
        execute(metering, "UPDATE dead_events SET replayed_at = now()");
        assertThat(rows(reader, "SELECT reason FROM dead_events")).containsExactly("BAD_ROW");
    }

    @Test
    void meteringNotesWhenKeysWereUsedAndForgetsOldLeases() {
        execute(
                metering,
                "UPDATE api_keys SET last_used_at = now() FROM (SELECT k.id FROM api_keys k WHERE"
                        + " k.last_used_at IS NULL ORDER BY k.id FOR NO KEY UPDATE OF k) t WHERE api_keys.id = t.id");
        assertThat(rows(superuser, "SELECT last_used_at IS NULL FROM api_keys")).containsExactly("f");
        execute(metering, "DELETE FROM quota_leases WHERE state = 'closed' AND day < " + TODAY);
        assertThat(rows(metering, "SELECT max(run_time_ms) FROM subscription_tiers"))
                .containsExactly("30000");
    }

    @Test
    void meteringEndsLeasesAndRetainsDays() {
        execute(superuser, "SELECT ensure_usage_partition(" + TODAY + " - 3)");
        execute(metering, "INSERT INTO log_topics (topic, topic_id) VALUES ('t', " + ADA + ")");
        execute(
                metering,
                "INSERT INTO log_positions (topic, partition, topic_id, next_offset) VALUES ('t', 0, " + ADA + ", 7)");
        execute(metering, "UPDATE log_positions SET next_offset = 9");
        assertThat(rows(metering, "SELECT max(v.run_time_ms) FROM subscription_tier_versions v"))
                .containsExactly("30000");
        execute(metering, "UPDATE quota_leases SET state = 'closing', close_published_at = now()");
        assertThat(rows(metering, "SELECT raise_usage_floor(" + TODAY + " - 2)"))
                .containsExactly("t");
        assertThat(rows(metering, "SELECT raise_usage_floor(" + TODAY + " - 2)"))
                .containsExactly("f");
        assertThat(rows(metering, "SELECT ensure_usage_partition(" + TODAY + " - 4)"))
                .containsExactly("f");
        assertThat(rows(metering, "SELECT detach_usage_partition(" + TODAY + " - 3)"))
                .containsExactly("t");
        assertThat(rows(metering, "SELECT detach_usage_partition(" + TODAY + " - 3)"))
                .containsExactly("f");
        assertThat(rows(metering, "SELECT drop_detached_usage_partitions()")).containsExactly("1");
        assertThat(rows(reader, "SELECT concat_ws(' ', log_partition, below_offset) FROM dropped_log_positions"))
                .containsExactly("0 9");
        for (String refused : List.of(
                "SELECT raise_usage_floor(" + TODAY + ")", "SELECT detach_usage_partition(" + TODAY + " - 2)")) {
            assertThat(Refusals.refusal(() -> execute(metering, refused)).getSQLState())
                    .as(refused)
                    .isEqualTo("22023");
        }
    }

    @Test
    void logPositionsRememberHowFarTheLogWasRead() {
        execute(
                metering,
                "INSERT INTO log_positions (topic, partition, topic_id, next_offset) VALUES ('t', 0, " + ADA + ", 0)");
        execute(metering, "UPDATE log_positions SET next_offset = 9");
        execute(metering, "UPDATE log_positions SET next_offset = 0");
        assertThat(rows(metering, "SELECT consumed_offset FROM log_positions")).containsExactly("9");
        execute(metering, "UPDATE log_positions SET topic_id = " + KEY + ", next_offset = 2");
        assertThat(rows(metering, "SELECT consumed_offset FROM log_positions")).containsExactly("2");
    }

    @Test
    void meteringMayNotDoWhatOthersDo() {
        for (String statement : List.of(
                "UPDATE usage_retention SET floor = '1970-01-01'",
                "DELETE FROM dropped_log_positions",
                "DELETE FROM log_topics",
                "UPDATE usage_logs SET charged = false",
                "DELETE FROM usage_logs",
                "TRUNCATE usage_logs",
                "DROP TABLE usage_logs",
                "UPDATE quota_leases SET size = 1",
                "UPDATE quota_leases SET use_by = now()",
                "INSERT INTO quota_leases (id) VALUES (" + LEASE + ")",
                "UPDATE quota_leases SET recalled_at = now()",
                "UPDATE key_grants SET granted = 0",
                "UPDATE daily_tier_counters SET day = " + TODAY,
                "DELETE FROM daily_tier_counters",
                "SELECT key_hash FROM api_keys",
                "UPDATE api_keys SET revoked_at = NULL",
                "SELECT name FROM users",
                "UPDATE subscription_tiers SET run_time_ms = 1",
                "SELECT code FROM wasm_modules",
                "INSERT INTO request_claims (user_id) VALUES (" + ADA + ")",
                "UPDATE batch_claims SET reruns = 0",
                "UPDATE minute_grants SET granted = 0",
                "DELETE FROM log_positions",
                "UPDATE dead_events SET reason = 'X'",
                "DELETE FROM dead_events",
                "CREATE TABLE mine (a int)")) {
            assertDenied(metering, statement);
        }
    }

    @Test
    void readerSeesNoSecretAndWritesNothing() {
        assertThat(rows(reader, "SELECT name FROM users ORDER BY name")).containsExactly("ada", "developer");
        for (String statement : List.of(
                "SELECT key_hash FROM api_keys",
                "SELECT code FROM wasm_modules",
                "SELECT content_hash FROM request_claims",
                "INSERT INTO usage_logs (day) VALUES (" + TODAY + ")",
                "UPDATE users SET name = 'x'",
                "UPDATE daily_tier_counters SET held = 0",
                "DELETE FROM quota_leases",
                "UPDATE log_positions SET next_offset = 0",
                "SELECT ensure_usage_partition(" + TODAY + ")",
                "CREATE TABLE mine (a int)")) {
            assertDenied(reader, statement);
        }
    }

    @Test
    void everyRoleReadsTheSchemaVersion() {
        for (Jdbi jdbi : List.of(executor, admin, metering, reader)) {
            assertThat(rows(jdbi, "SELECT max(version::integer) FILTER (WHERE success) FROM schema_version"))
                    .containsExactly(String.valueOf(SchemaCheck.REQUIRED_VERSION));
        }
    }

    @Test
    void noRoleMayHangAPrivilegedTriggerOnATableOfItsOwn() {
        for (Jdbi jdbi : List.of(executor, metering, reader)) {
            for (String function :
                    List.of("raise_auth_epoch", "keep_tier_version", "open_daily_counter", "chain_audit_event")) {
                jdbi.useHandle(handle -> {
                    handle.execute("CREATE TEMPORARY TABLE bait (id uuid, tier text)");
                    assertPermissionDenied(() ->
                            handle.execute("CREATE TRIGGER hook AFTER INSERT ON bait FOR EACH ROW EXECUTE FUNCTION "
                                    + function + "()"));
                });
            }
        }
    }

    @Test
    void groupRolesCannotLogIn() {
        assertThat(rows(
                        superuser,
                        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'wasmwiz%' AND NOT rolcanlogin"
                                + " AND NOT rolsuper ORDER BY 1"))
                .containsExactly("wasmwiz_admin", "wasmwiz_executor", "wasmwiz_metering", "wasmwiz_reader");
    }

    private static String usageRow(String day) {
        return day + ",019b76da-a800-7000-8000-0000000000cc," + ADA.replace("'", "") + "," + KEY.replace("'", "")
                + ",\\x"
                + "ab".repeat(32) + ",Free,1," + LEASE.replace("'", "") + ",,,,completed,0,," + day
                + "T00:00:00Z,1,1,1,65536,10,0,0,true,false,false,true,,0,0,1\n";
    }

    private static void assertDenied(Jdbi jdbi, String statement) {
        try {
            assertPermissionDenied(() -> execute(jdbi, statement));
        } catch (AssertionError e) {
            throw new AssertionError(statement, e);
        }
    }

    private void executeInAda(String statement) {
        executor.useTransaction(handle -> {
            handle.execute(IN_ADA);
            handle.execute(statement);
        });
    }

    private List<String> rowsInAda(String sql) {
        return executor.inTransaction(handle -> {
            handle.execute(IN_ADA);
            return handle.createQuery(sql).mapTo(String.class).list();
        });
    }

    private static void execute(Jdbi jdbi, String statement) {
        jdbi.useHandle(handle -> handle.execute(statement));
    }

    private static List<String> rows(Jdbi jdbi, String sql) {
        return jdbi.withHandle(
                handle -> handle.createQuery(sql).mapTo(String.class).list());
    }
}

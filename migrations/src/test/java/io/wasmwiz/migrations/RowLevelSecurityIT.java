package io.wasmwiz.migrations;

import static io.wasmwiz.migrations.Refusals.assertPermissionDenied;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A tenant of the executor's role tries another's rows, with statements that forget to name an account. */
@ParameterizedClass
@EnumSource
final class RowLevelSecurityIT {
    private static final String ADA = "019b76da-a800-7000-8000-00000000000a";
    private static final String BOB = "019b76da-a800-7000-8000-00000000000b";
    private static final String TODAY = "(now() AT TIME ZONE 'UTC')::date";

    /** What the executor reads of a tenant: table or view, and its account's column. */
    private static final Map<String, String> RELATIONS = relations();

    /** What becomes of a row that it makes for the account of the parameter. */
    private static final List<String> INSERTS = List.of(
            "INSERT INTO wasm_modules (user_id, digest, code, size_bytes, profile)"
                    + " VALUES ('%s', decode(repeat('cd', 32), 'hex'), '\\x00', 1, '')",
            "INSERT INTO daily_tier_counters (user_id, tier, day) VALUES ('%s', 'Basic', " + TODAY + ")",
            "INSERT INTO quota_leases (id, user_id, tier, day, size, executor, granted_at, use_by) VALUES"
                    + " (gen_random_uuid(), '%s', 'Free', " + TODAY + ", 1, 'e', now(), (" + TODAY
                    + " + 1)::timestamp AT TIME ZONE 'UTC')",
            "INSERT INTO minute_grants (user_id, tier, minute) VALUES ('%s', 'Basic', date_trunc('minute', now(), 'UTC'))",
            "INSERT INTO request_claims (user_id, request_id, execution_id, day, content_hash) VALUES"
                    + " ('%s', gen_random_uuid(), gen_random_uuid(), " + TODAY + ", decode(repeat('cd', 32), 'hex'))");

    private static final List<String> CHANGES = List.of(
            "UPDATE wasm_modules SET name = 'mine'",
            "DELETE FROM wasm_modules",
            "UPDATE daily_tier_counters SET held = held + 1",
            "UPDATE quota_leases SET use_by = use_by - interval '1 millisecond'",
            "UPDATE minute_grants SET granted = granted + 1",
            "UPDATE request_claims SET attempts = attempts + 1");

    @Parameter
    private TestServer server = TestServer.NEWEST;

    private Jdbi superuser = Jdbi.create("jdbc:postgresql:unused");
    private Jdbi executor = superuser;

    private static Map<String, String> relations() {
        Map<String, String> relations = new LinkedHashMap<>();
        relations.put("users", "id");
        for (String table : List.of(
                "api_keys",
                "wasm_modules",
                "daily_tier_counters",
                "quota_leases",
                "minute_grants",
                "request_claims",
                "batch_claims",
                "usage_rollups",
                "usage_day_rollups",
                "account_usage_logs",
                "account_usage_log_order")) {
            relations.put(table, "user_id");
        }
        return relations;
    }

    @BeforeEach
    void createTwoTenantsWithARowInEveryTable() {
        TestServer.TestDatabase database = server.migratedDatabase();
        superuser = database.jdbi();
        executor = database.jdbi(ServiceRole.EXECUTOR);
        superuser.useHandle(handle -> {
            handle.execute("SELECT ensure_usage_partition(" + TODAY + ")");
            for (String account : List.of(ADA, BOB)) {
                handle.execute("INSERT INTO users (id, name, tier) VALUES (?::uuid, ?, 'Free')", account, account);
                handle.execute(
                        "INSERT INTO api_keys (id, user_id, key_hash) VALUES (gen_random_uuid(), ?::uuid,"
                                + " sha256(convert_to(?, 'UTF8')))",
                        account,
                        account);
                INSERTS.forEach(insert -> handle.execute(insert.formatted(account)));
                handle.execute(
                        "SELECT claim_batch(?::uuid, gen_random_uuid(), ?::uuid)",
                        account,
                        "01900000-0000-7000-8000-000000000000");
                handle.execute(
                        "INSERT INTO usage_logs (day, execution_id, user_id, module_digest, tier, tier_version, status,"
                                + " admitted_at, wall_time_us, cpu_time_us, queue_time_us, peak_memory_bytes,"
                                + " module_bytes, input_bytes, output_bytes, cache_hit, output_truncated, output_lost,"
                                + " charged, uncharged_cause, log_partition, log_offset) VALUES (" + TODAY
                                + ", gen_random_uuid(), ?::uuid, decode(repeat('ab', 32), 'hex'), 'Free', 1,"
                                + " 'completed', now(), 1, 1, 1, 1, 1, 1, 1, true, false, false, false, 'late', 0, 0)",
                        account);
                handle.execute(
                        "INSERT INTO usage_rollups (user_id, hour, module_digest, status, tier, runs, charged,"
                                + " wall_time_us, cpu_time_us, input_bytes, output_bytes, peak_memory_bytes)"
                                + " VALUES (?::uuid, date_trunc('hour', now(), 'UTC'), decode(repeat('ab', 32), 'hex'),"
                                + " 'completed', 'Free', 1, 0, 1, 1, 1, 1, 1)",
                        account);
                handle.execute(
                        "INSERT INTO usage_day_rollups SELECT user_id, (hour AT TIME ZONE 'UTC')::date, api_key_id,"
                                + " module_digest, status, tier, runs, charged, wall_time_us, cpu_time_us, input_bytes,"
                                + " output_bytes, peak_memory_bytes FROM usage_rollups WHERE user_id = ?::uuid",
                        account);
            }
        });
    }

    @Test
    void showsAnAccountItsOwnRowsOnlyAndNobodyAnyWithoutOne() {
        RELATIONS.forEach((relation, column) -> {
            String owners = "SELECT DISTINCT " + column + " FROM " + relation;
            assertThat(rowsOf(ADA, owners)).as(relation).containsExactly(ADA);
            assertThat(rowsOf(BOB, owners)).as(relation).containsExactly(BOB);
            assertThat(rowsOf(ADA, owners + " WHERE " + column + " = '" + BOB + "'"))
                    .as(relation)
                    .isEmpty();
            assertThat(rows(executor, owners))
                    .as("%s without an account", relation)
                    .isEmpty();
        });
    }

    @Test
    void forgetsTheAccountWithItsTransaction() {
        try (Handle handle = executor.open()) {
            for (boolean commit : List.of(true, false)) {
                handle.begin();
                account(handle, ADA);
                assertThat(handle.createQuery("SELECT count(*) FROM users")
                                .mapTo(int.class)
                                .one())
                        .isEqualTo(1);
                if (commit) {
                    handle.commit();
                } else {
                    handle.rollback();
                }
                assertThat(handle.createQuery("SELECT count(*) FROM users")
                                .mapTo(int.class)
                                .one())
                        .isZero();
            }
        }
    }

    @Test
    void refusesRowsInAnotherAccountsName() {
        for (String insert : INSERTS) {
            String other = insert.formatted(BOB).replace("'cd'", "'ef'").replace("'Basic'", "'Pro'");
            assertPermissionDenied(() -> executeIn(ADA, other));
            assertPermissionDenied(() -> executor.useHandle(handle -> handle.execute(other)));
            assertThat(executeIn(BOB, other)).as(other).isEqualTo(1);
        }
    }

    @Test
    void changesAnAccountsOwnRowsOnlyAndNoneWithoutOne() {
        for (String change : CHANGES) {
            String table = change.replaceFirst("(UPDATE|DELETE FROM) (\\w+).*", "$2");
            String bobs = "SELECT t::text FROM " + table + " t WHERE user_id = '" + BOB + "' ORDER BY 1";
            List<String> before = rows(superuser, bobs);

            assertThat(executor.<Integer, RuntimeException>withHandle(handle -> handle.execute(change)))
                    .as("%s without an account", change)
                    .isZero();
            assertThat(executeIn(ADA, change)).as(change).isPositive();

            assertThat(before).isNotEmpty();
            assertThat(rows(superuser, bobs)).as(change).isEqualTo(before);
        }
    }

    @Test
    void opensAcrossAccountsOnlyWhatThePurposeNeeds() {
        Map<String, Set<String>> purposes = Map.of(
                "quota",
                Set.of("daily_tier_counters", "quota_leases", "minute_grants", "request_claims"),
                "administration",
                Set.of(),
                "on",
                Set.of());
        purposes.forEach((purpose, open) -> RELATIONS.forEach((relation, column) -> {
            List<String> owners = executor.inTransaction(handle -> {
                handle.execute("SELECT set_config('wasmwiz.across_accounts', ?, true)", purpose);
                return handle.createQuery("SELECT DISTINCT " + column + " FROM " + relation)
                        .mapTo(String.class)
                        .list();
            });
            if (open.contains(relation)) {
                assertThat(owners).as("%s for %s", relation, purpose).contains(ADA, BOB);
            } else {
                assertThat(owners).as("%s for %s", relation, purpose).isEmpty();
            }
        }));
    }

    @Test
    void findsAKeyByItsHashBeforeThereIsAnAccount() {
        assertThat(rows(executor, "SELECT account_id FROM find_api_key(sha256(convert_to('" + BOB + "', 'UTF8')))"))
                .containsExactly(BOB);
        assertThat(rows(executor, "SELECT account_id FROM find_api_key('')")).isEmpty();
    }

    @Test
    void showsNoFunctionOfTheTenantTheLedgerRowsOfOthers() {
        showsNoFunctionOfTheTenantTheRowsOfOthersIn("account_usage_logs");
        showsNoFunctionOfTheTenantTheRowsOfOthersIn("account_usage_log_order");
    }

    private void showsNoFunctionOfTheTenantTheRowsOfOthersIn(String view) {
        assertThat(executor.<List<String>, RuntimeException>inTransaction(handle -> {
                    account(handle, ADA);
                    // As cheap as can be, so that the planner would like to ask it first.
                    handle.execute(
                            "CREATE OR REPLACE FUNCTION pg_temp.spy(owner uuid) RETURNS boolean LANGUAGE plpgsql COST 0.0001"
                                    + " AS $$ BEGIN IF owner <> '" + ADA
                                    + "' THEN RAISE EXCEPTION 'saw %', owner; END IF; RETURN true; END $$");
                    return handle.createQuery("SELECT user_id FROM " + view + " WHERE pg_temp.spy(user_id)")
                            .mapTo(String.class)
                            .list();
                }))
                .containsExactly(ADA);
    }

    @Test
    void leavesTheExecutorNoTableOfTenantsWithoutPolicies() {
        assertThat(rows(superuser, """
                        SELECT c.relname FROM pg_class c
                        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                          AND NOT c.relrowsecurity
                          AND (has_table_privilege('wasmwiz_executor', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
                               OR has_any_column_privilege('wasmwiz_executor', c.oid, 'SELECT, INSERT, UPDATE'))
                        """)).isEmpty();
    }

    private int executeIn(String account, String statement) {
        return executor.inTransaction(handle -> {
            account(handle, account);
            return handle.execute(statement);
        });
    }

    private List<String> rowsOf(String account, String sql) {
        return executor.inTransaction(handle -> {
            account(handle, account);
            return handle.createQuery(sql).mapTo(String.class).list();
        });
    }

    private static void account(Handle handle, String account) {
        handle.execute("SELECT set_config('wasmwiz.account_id', ?, true)", account);
    }

    private static List<String> rows(Jdbi jdbi, String sql) {
        return jdbi.withHandle(
                handle -> handle.createQuery(sql).mapTo(String.class).list());
    }
}

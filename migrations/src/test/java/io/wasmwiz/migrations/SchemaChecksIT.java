package io.wasmwiz.migrations;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Every CHECK constraint, each with a row that breaks it and no other. */
@ParameterizedClass
@EnumSource
final class SchemaChecksIT {
    private static final String ID = "'019b76da-a800-7000-8000-00000000000a'";
    private static final String HASH = "decode(repeat('ab', 32), 'hex')";
    private static final String TODAY = "(now() AT TIME ZONE 'UTC')::date";

    /** A row of each table that is right. */
    private static final Map<String, Map<String, String>> ROWS = Map.ofEntries(
            row("subscription_tiers name='Team', executions_per_minute=1, executions_per_day=1, memory_mib=1, "
                    + "run_time_ms=1, max_concurrency=1"),
            row("subscription_tier_versions name='Team', version=1, executions_per_minute=1, executions_per_day=1, "
                    + "memory_mib=1, run_time_ms=1, max_concurrency=1"),
            row("auth_epoch epoch=1"),
            row("users id=" + ID + ", name='ada', tier='Free'"),
            row("api_keys id=" + ID + ", user_id=" + ID + ", key_hash=" + HASH),
            row("wasm_modules user_id=" + ID + ", digest=" + HASH + ", code='\\x00', size_bytes=1, profile='\\x'"),
            row("daily_tier_counters user_id=" + ID + ", tier='Free', day=" + TODAY),
            row("quota_leases id=" + ID + ", user_id=" + ID + ", tier='Free', size=1, executor='e', day='2026-01-31', "
                    + "granted_at='2026-01-31T00:00:00Z', use_by='2026-02-01T00:00:00Z'"),
            row("minute_grants user_id=" + ID + ", tier='Free', minute='2026-01-31T00:01:00Z'"),
            row("key_grants api_key_id=" + ID + ", user_id=" + ID + ", period='day', starts_at='2026-01-31T00:00:00Z'"),
            row("request_claims user_id=" + ID + ", request_id=" + ID + ", execution_id=" + ID + ", day=" + TODAY
                    + ", content_hash=" + HASH),
            row("batch_claims user_id=" + ID + ", batch_id=" + ID + ", day=" + TODAY + ", seed=" + ID),
            row("usage_logs day=" + TODAY + ", execution_id=" + ID + ", user_id=" + ID + ", module_digest=" + HASH
                    + ", tier='Free', tier_version=1, lease_id=" + ID + ", status='completed', admitted_at=now(), "
                    + "wall_time_us=0, cpu_time_us=0, queue_time_us=0, peak_memory_bytes=0, module_bytes=0, "
                    + "input_bytes=0, output_bytes=0, cache_hit=true, output_truncated=false, output_lost=false, "
                    + "charged=true, log_partition=0, log_offset=0"),
            row("audit_events seq=1, at=now(), actor='server', action='Test', target='', client_address='', "
                    + "user_agent='', outcome='done', previous_hash=" + HASH + ", hash=" + HASH),
            row("audit_head seq=0, hash=" + HASH),
            row("admin_requests user_id=" + ID + ", request_id=" + ID + ", content_hash=" + HASH + ", result='r'"),
            row("admin_bootstrap user_id=" + ID + ", api_key_id=" + ID),
            row("log_positions topic='t', partition=0, topic_id=" + ID + ", next_offset=0"),
            row("log_topics topic='t', topic_id=" + ID),
            row("usage_retention floor='2026-01-31'"),
            row("dropped_log_positions log_generation=1, log_partition=0, below_offset=0"),
            row("reconciliations since='2026-01-31', as_of=now(), log_records=0, rows=0, leases=0, counters=0,"
                    + " drift=0, findings='{}'"),
            row("usage_rollups user_id=" + ID + ", hour='2026-01-31T01:00:00Z', module_digest=" + HASH
                    + ", status='completed', tier='Free', runs=1, charged=1, wall_time_us=1, cpu_time_us=1, "
                    + "input_bytes=1, output_bytes=1, peak_memory_bytes=1"),
            row("usage_day_rollups user_id=" + ID + ", day=" + TODAY + ", module_digest=" + HASH
                    + ", status='completed', tier='Free', runs=1, charged=1, wall_time_us=1, cpu_time_us=1, "
                    + "input_bytes=1, output_bytes=1, peak_memory_bytes=1"),
            row("usage_log_extents day=" + TODAY + ", log_generation=1, log_partition=0, first_offset=0, "
                    + "last_offset=1"),
            row("usage_watermark only_row=true"),
            row("dead_events topic='t', log_partition=0, log_offset=0, topic_id=" + ID + ", reason='UNREADABLE'"));

    /** Constraint and what to change in the right row. */
    private static final List<Breach> BREACHES = Stream.of(
                    "subscription_tiers_name_check name='1st'",
                    "subscription_tiers_version_check version=0",
                    "subscription_tiers_executions_per_minute_check executions_per_minute=0",
                    "subscription_tiers_executions_per_day_check executions_per_day=0, executions_per_minute=0",
                    "subscription_tiers_day_at_least_minute executions_per_minute=11, executions_per_day=10",
                    "subscription_tiers_memory_mib_check memory_mib=0",
                    "subscription_tiers_run_time_ms_check run_time_ms=0",
                    "subscription_tiers_max_concurrency_check max_concurrency=0",
                    "subscription_tier_versions_version_check version=0",
                    "usage_logs_log_generation_check log_generation=0",
                    "log_topics_generation_check generation=0",
                    "usage_retention_only_row_check only_row=false",
                    "dropped_log_positions_below_offset_check below_offset=-1",
                    "auth_epoch_epoch_check epoch=0",
                    "auth_epoch_only_row_check only_row=false",
                    "users_name_check name=''",
                    "users_status_check status='deleted'",
                    "api_keys_name_check name=repeat('n', 129)",
                    "api_keys_key_hash_check key_hash='\\xab'",
                    "api_keys_scopes_check scopes='{execute,root}'",
                    "api_keys_executions_per_minute_check executions_per_minute=0",
                    "api_keys_executions_per_day_check executions_per_day=0",
                    "api_keys_day_at_least_minute executions_per_minute=11, executions_per_day=10",
                    "api_keys_memory_mib_check memory_mib=4097",
                    "api_keys_run_time_ms_check run_time_ms=0",
                    "wasm_modules_digest_check digest='\\xab'",
                    "wasm_modules_name_check name=repeat('n', 129)",
                    "wasm_modules_size size_bytes=2",
                    "wasm_modules_size_bytes_check size_bytes=0, code=''",
                    "daily_tier_counters_held_check held=-1, charged=-1, executions=0",
                    "daily_tier_counters_charged_check charged=-1",
                    "daily_tier_counters_executions_check executions=-1",
                    "daily_tier_counters_charged_at_most_held held=1, charged=2",
                    "quota_leases_size_check size=0",
                    "quota_leases_charged_check charged=-1",
                    "quota_leases_charged_at_most_size charged=2",
                    "quota_leases_state_check state='paused'",
                    "quota_leases_closed_at state='closed'",
                    "quota_leases_executor_check executor=''",
                    "quota_leases_use_by_in_day use_by='2026-02-01T00:00:01Z'",
                    "minute_grants_minute_check minute='2026-01-31T00:01:01Z'",
                    "minute_grants_granted_check granted=-1",
                    "key_grants_period_check period='hour'",
                    "key_grants_granted_check granted=-1",
                    "key_grants_starts_with_period starts_at='2026-01-31T00:01:00Z'",
                    "request_claims_content_hash_check content_hash='\\xab'",
                    "request_claims_attempts_check attempts=-1",
                    "batch_claims_reruns_check reruns=-1",
                    "batch_claims_charged_check charged=-1",
                    "batch_claims_reruns_at_most_charged reruns=1",
                    "usage_logs_module_digest_check module_digest='\\xab'",
                    "usage_logs_tier_version_check tier_version=0",
                    "usage_logs_item_id_check item_id=repeat('i', 129)",
                    "usage_logs_status_check status='running'",
                    "usage_logs_exit_code_check exit_code=256",
                    "usage_logs_trap_check trap='segfault'",
                    "usage_logs_wall_time_us_check wall_time_us=-1",
                    "usage_logs_cpu_time_us_check cpu_time_us=-1",
                    "usage_logs_queue_time_us_check queue_time_us=-1",
                    "usage_logs_peak_memory_bytes_check peak_memory_bytes=-1",
                    "usage_logs_module_bytes_check module_bytes=-1",
                    "usage_logs_input_bytes_check input_bytes=-1",
                    "usage_logs_output_bytes_check output_bytes=-1",
                    "usage_logs_uncharged_cause_check charged=false, uncharged_cause='unknown'",
                    "usage_logs_uncharged_has_cause charged=false",
                    "usage_logs_charged_has_lease lease_id=NULL",
                    "usage_logs_log_partition_check log_partition=-1",
                    "usage_logs_log_offset_check log_offset=-1",
                    "audit_events_seq_check seq=0",
                    "audit_events_actor_check actor='nobody'",
                    "audit_events_action_check action='no action'",
                    "audit_events_target_check target=repeat('t', 257)",
                    "audit_events_before_state_check before_state=repeat('s', 8193)",
                    "audit_events_after_state_check after_state=repeat('s', 8193)",
                    "audit_events_client_address_check client_address=repeat('a', 65)",
                    "audit_events_user_agent_check user_agent=repeat('u', 257)",
                    "audit_events_outcome_check outcome='perhaps'",
                    "audit_events_reason_check outcome='denied', reason='not a code'",
                    "audit_events_denied_has_reason outcome='denied'",
                    "audit_events_previous_hash_check previous_hash='\\xab'",
                    "audit_events_hash_check hash='\\xab'",
                    "audit_head_only_row_check only_row=false",
                    "audit_head_seq_check seq=-1",
                    "audit_head_hash_check hash='\\xab'",
                    "admin_requests_content_hash_check content_hash='\\xab'",
                    "admin_requests_result_check result=''",
                    "admin_bootstrap_only_row_check only_row=false",
                    "usage_rollups_module_digest_check module_digest='\\xab'",
                    "usage_rollups_runs_check runs=0, charged=0",
                    "usage_rollups_charged_check charged=-1",
                    "usage_rollups_charged_at_most_runs charged=2",
                    "usage_rollups_wall_time_us_check wall_time_us=-1",
                    "usage_rollups_cpu_time_us_check cpu_time_us=-1",
                    "usage_rollups_input_bytes_check input_bytes=-1",
                    "usage_rollups_output_bytes_check output_bytes=-1",
                    "usage_rollups_peak_memory_bytes_check peak_memory_bytes=-1",
                    "usage_rollups_whole_hour hour='2026-01-31T01:00:01Z'",
                    "usage_day_rollups_module_digest_check module_digest='\\xab'",
                    "usage_day_rollups_runs_check runs=0, charged=0",
                    "usage_day_rollups_charged_check charged=-1",
                    "usage_day_rollups_charged_at_most_runs charged=2",
                    "usage_day_rollups_wall_time_us_check wall_time_us=-1",
                    "usage_day_rollups_cpu_time_us_check cpu_time_us=-1",
                    "usage_day_rollups_input_bytes_check input_bytes=-1",
                    "usage_day_rollups_output_bytes_check output_bytes=-1",
                    "usage_day_rollups_peak_memory_bytes_check peak_memory_bytes=-1",
                    "usage_log_extents_first_offset_check first_offset=-1",
                    "usage_log_extents_first_to_last first_offset=2",
                    "usage_watermark_only_row_check only_row=false",
                    "usage_watermark_at_most_grant_floor complete_before='1970-01-01T00:00:01Z'",
                    "log_positions_partition_check partition=-1",
                    "log_positions_next_offset_check next_offset=-1",
                    "log_positions_leader_epoch_check leader_epoch=-1",
                    "reconciliations_finished_after_snapshot as_of=now() + interval '1 second'",
                    "reconciliations_log_records_check log_records=-1",
                    "reconciliations_rows_check rows=-1",
                    "reconciliations_leases_check leases=-1",
                    "reconciliations_counters_check counters=-1",
                    // Nothing is below drift < 0 but more findings than that, whose constraint is asked after it.
                    "reconciliations_drift_check drift=-1",
                    "reconciliations_findings_of_drift findings='{one}'",
                    "dead_events_log_partition_check log_partition=-1",
                    "dead_events_log_offset_check log_offset=-1",
                    "dead_events_reason_check reason='not a code'",
                    "dead_events_detail_check detail=repeat('d', 2001)")
            .map(Breach::parse)
            .toList();

    private static final String CONSTRAINTS = """
            SELECT conname FROM pg_constraint
            WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conparentid = 0
            """;

    @Parameter
    private TestServer server = TestServer.NEWEST;

    /**
     * A row that is wrong.
     *
     * @param constraint what it breaks
     * @param changes column to value
     */
    private record Breach(String constraint, Map<String, String> changes) {
        static Breach parse(String line) {
            Map.Entry<String, Map<String, String>> parsed = row(line);
            return new Breach(parsed.getKey(), parsed.getValue());
        }

        String table() {
            return ROWS.keySet().stream()
                    .filter(table -> constraint.startsWith(table + "_"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("whose is " + constraint + "?"));
        }

        Map<String, String> wrongRow() {
            Map<String, String> row = new LinkedHashMap<>(Objects.requireNonNull(ROWS.get(table())));
            row.putAll(changes);
            return row;
        }
    }

    @TestFactory
    Stream<DynamicTest> refusesWhatBreaksIt() {
        var jdbi = server.migratedDatabase().jdbi();
        jdbi.useHandle(handle -> handle.execute("SELECT ensure_usage_partition(" + TODAY + ")"));
        return BREACHES.stream()
                .map(breach -> DynamicTest.dynamicTest(
                        breach.constraint(),
                        () -> Refusals.assertConstraint(
                                breach.constraint(),
                                () -> jdbi.useTransaction(handle -> insertAgainst(handle, breach)))));
    }

    @Test
    void takesTheRowsThatBreakNothing() {
        var jdbi = server.migratedDatabase().jdbi();
        jdbi.useHandle(handle -> handle.execute("SELECT ensure_usage_partition(" + TODAY + ")"));
        ROWS.forEach((table, row) -> jdbi.useTransaction(handle -> insert(handle, table, row)));
    }

    @Test
    void knowsEveryConstraintOfTheSchema() {
        var inSchema = server.migratedDatabase()
                .jdbi()
                .withHandle(handle ->
                        handle.createQuery(CONSTRAINTS).mapTo(String.class).set());
        assertThat(BREACHES.stream().map(Breach::constraint).collect(toSet())).isEqualTo(inSchema);
    }

    // Without triggers and foreign keys, so that the constraint alone decides.
    private static void insertAgainst(Handle handle, Breach breach) {
        if (breach.constraint().equals("daily_tier_counters_held_check")) {
            // Nothing is below held < 0 but charged < 0, whose constraint is asked first.
            handle.execute("ALTER TABLE daily_tier_counters DROP CONSTRAINT daily_tier_counters_charged_check");
        }
        insert(handle, breach.table(), breach.wrongRow());
    }

    private static void insert(Handle handle, String table, Map<String, String> row) {
        handle.execute("SET LOCAL session_replication_role = replica");
        handle.execute("DELETE FROM " + table);
        handle.execute("INSERT INTO " + table + " (" + String.join(", ", row.keySet()) + ") VALUES ("
                + row.values().stream().collect(joining(", ")) + ")");
    }

    private static Map.Entry<String, Map<String, String>> row(String line) {
        int space = line.indexOf(' ');
        Map<String, String> columns = new LinkedHashMap<>();
        for (String column : line.substring(space + 1).split(", (?=[a-z_]+=)", -1)) {
            int equals = column.indexOf('=');
            columns.put(column.substring(0, equals), column.substring(equals + 1));
        }
        return Map.entry(line.substring(0, space), columns);
    }
}

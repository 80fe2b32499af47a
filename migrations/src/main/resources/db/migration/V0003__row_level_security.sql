-- The second wall between tenants. The first is that every statement of the executor names its account; this one holds
-- where a statement forgets to.
--
-- The executor says in each transaction whose rows it means: set_config('wasmwiz.account_id', id, true). Without that it
-- sees none and writes none. What must look across accounts says for what: set_config('wasmwiz.across_accounts', 'quota',
-- true), and then reaches the tables that this purpose needs and no others. Both settings end with their transaction, so
-- a pooled connection carries nothing over. Who administers accounts and keys has another role.
--
-- Executors built for an older schema set neither and serve nobody on this one: stop them before this is applied.

CREATE FUNCTION current_account_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('wasmwiz.account_id', true), '')::uuid
$$;

-- purpose: 'quota' (counters, leases, minutes and claims of several accounts at once).
CREATE FUNCTION works_across_accounts(purpose text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(current_setting('wasmwiz.across_accounts', true) = purpose, false)
$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- The executor
-- ---------------------------------------------------------------------------------------------------------------------
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE wasm_modules ENABLE ROW LEVEL SECURITY;
ALTER TABLE daily_tier_counters ENABLE ROW LEVEL SECURITY;
ALTER TABLE quota_leases ENABLE ROW LEVEL SECURITY;
ALTER TABLE minute_grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE request_claims ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON users TO wasmwiz_executor USING (id = current_account_id());
CREATE POLICY tenant ON api_keys TO wasmwiz_executor USING (user_id = current_account_id());
CREATE POLICY tenant ON wasm_modules TO wasmwiz_executor USING (user_id = current_account_id());
CREATE POLICY tenant ON daily_tier_counters TO wasmwiz_executor USING (user_id = current_account_id());
CREATE POLICY tenant ON quota_leases TO wasmwiz_executor USING (user_id = current_account_id());
CREATE POLICY tenant ON minute_grants TO wasmwiz_executor USING (user_id = current_account_id());
CREATE POLICY tenant ON request_claims TO wasmwiz_executor USING (user_id = current_account_id());

CREATE POLICY quota ON daily_tier_counters TO wasmwiz_executor USING (works_across_accounts('quota'));
CREATE POLICY quota ON quota_leases TO wasmwiz_executor USING (works_across_accounts('quota'));
CREATE POLICY quota ON minute_grants TO wasmwiz_executor USING (works_across_accounts('quota'));
CREATE POLICY quota ON request_claims TO wasmwiz_executor USING (works_across_accounts('quota'));

-- The ledger has a view in place of policies: PostgreSQL refuses COPY FROM into a table with row-level security to
-- everybody who is subject to it, whatever the policies say, and metering lives by COPY. To exempt metering takes
-- BYPASSRLS, which role members do not inherit and which only a superuser may give. So the executor has no right to the
-- table or its partitions at all, and reads its account's rows here, with the rights of the view's owner.
CREATE VIEW account_usage_logs WITH (security_barrier) AS
    SELECT * FROM usage_logs WHERE user_id = current_account_id();
REVOKE SELECT ON usage_logs FROM wasmwiz_executor;
GRANT SELECT ON account_usage_logs TO wasmwiz_executor;

-- Who calls is found out before there is an account to name: by the hash of a key, which nobody guesses, and one row.
-- PL/pgSQL because it keeps its plan. least() ignores nulls: a key without a limit of its own has its tier's.
CREATE FUNCTION find_api_key(hash bytea)
    RETURNS TABLE (key_id uuid, scopes text[], expires_at timestamptz, revoked_at timestamptz, account_id uuid,
                   status text, name text, version integer, executions_per_minute integer, executions_per_day integer,
                   memory_mib integer, run_time_ms integer, max_concurrency integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT k.id, k.scopes, k.expires_at, k.revoked_at, u.id, u.status, t.name, t.version,
           least(t.executions_per_minute, k.executions_per_minute), least(t.executions_per_day, k.executions_per_day),
           least(t.memory_mib, k.memory_mib), least(t.run_time_ms, k.run_time_ms), t.max_concurrency
    FROM api_keys k
    JOIN users u ON u.id = k.user_id
    JOIN subscription_tiers t ON t.name = u.tier
    WHERE k.key_hash = hash;
END
$$;

-- The account that development calls without a key act as.
CREATE FUNCTION find_account(account_name text)
    RETURNS TABLE (account_id uuid, status text, name text, version integer, executions_per_minute integer,
                   executions_per_day integer, memory_mib integer, run_time_ms integer, max_concurrency integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT u.id, u.status, t.name, t.version, t.executions_per_minute, t.executions_per_day, t.memory_mib,
           t.run_time_ms, t.max_concurrency
    FROM users u
    JOIN subscription_tiers t ON t.name = u.tier
    WHERE lower(u.name) = lower(account_name);
END
$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Those who serve no tenant: their column rights say what they may do, to every account's rows
-- ---------------------------------------------------------------------------------------------------------------------
CREATE POLICY metering ON api_keys TO wasmwiz_metering USING (true);
CREATE POLICY metering ON daily_tier_counters TO wasmwiz_metering USING (true);
CREATE POLICY metering ON quota_leases TO wasmwiz_metering USING (true);
CREATE POLICY metering ON minute_grants TO wasmwiz_metering USING (true);
CREATE POLICY metering ON request_claims TO wasmwiz_metering USING (true);

CREATE POLICY reader ON users FOR SELECT TO wasmwiz_reader USING (true);
CREATE POLICY reader ON wasm_modules FOR SELECT TO wasmwiz_reader USING (true);
CREATE POLICY reader ON daily_tier_counters FOR SELECT TO wasmwiz_reader USING (true);
CREATE POLICY reader ON minute_grants FOR SELECT TO wasmwiz_reader USING (true);
CREATE POLICY reader ON quota_leases FOR SELECT TO wasmwiz_reader USING (true);

REVOKE ALL ON FUNCTION current_account_id(), works_across_accounts(text), find_api_key(bytea), find_account(text)
    FROM PUBLIC;
-- Policies' functions are checked against the rights of whoever meets them.
GRANT EXECUTE ON FUNCTION current_account_id(), works_across_accounts(text), find_api_key(bytea), find_account(text)
    TO wasmwiz_executor;

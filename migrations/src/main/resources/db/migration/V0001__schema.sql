-- The whole of WasmWiz's state in PostgreSQL 15 or later.
--
-- Words: an account is a row of users. A day is a UTC day. A charged row of usage_logs costs one unit of its account's
-- daily allowance on its tier. MB in tier names means MiB.

-- ---------------------------------------------------------------------------------------------------------------------
-- Roles. Group roles without a password: an operator grants them to the login users of the services.
-- Roles belong to the whole cluster, so another database may have made them already, or an operator may have where the
-- user that migrates must not make roles.
-- ---------------------------------------------------------------------------------------------------------------------
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['wasmwiz_executor', 'wasmwiz_metering', 'wasmwiz_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END;
        END IF;
    END LOOP;
END
$$;

-- Functions that run with their owner's rights look names up here, so nobody else may make any here.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- ---------------------------------------------------------------------------------------------------------------------
-- Common triggers
-- ---------------------------------------------------------------------------------------------------------------------
CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

-- Every change of keys, accounts or tiers raises this number in the same transaction, so that executors can poll one row
-- and drop what they cached.
CREATE TABLE auth_epoch (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch    bigint  NOT NULL DEFAULT 1 CHECK (epoch > 0)
);
INSERT INTO auth_epoch DEFAULT VALUES;

CREATE FUNCTION raise_auth_epoch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE auth_epoch SET epoch = epoch + 1;
    RETURN NULL;
END
$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Tiers
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE subscription_tiers (
    name                  text        PRIMARY KEY CHECK (name ~ '^[A-Za-z][A-Za-z0-9_-]{0,63}$'),
    version               integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    executions_per_minute integer     NOT NULL CHECK (executions_per_minute > 0),
    executions_per_day    integer     NOT NULL CHECK (executions_per_day > 0),
    memory_mib            integer     NOT NULL CHECK (memory_mib BETWEEN 1 AND 4096),
    run_time_ms           integer     NOT NULL CHECK (run_time_ms BETWEEN 1 AND 3600000),
    max_concurrency       integer     NOT NULL CHECK (max_concurrency > 0),
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT subscription_tiers_day_at_least_minute CHECK (executions_per_day >= executions_per_minute)
);
CREATE UNIQUE INDEX subscription_tiers_name_key ON subscription_tiers (lower(name));

-- Every version a tier ever had: what an old row's tier_version meant.
CREATE TABLE subscription_tier_versions (
    name                  text        NOT NULL REFERENCES subscription_tiers (name),
    version               integer     NOT NULL CHECK (version > 0),
    executions_per_minute integer     NOT NULL,
    executions_per_day    integer     NOT NULL,
    memory_mib            integer     NOT NULL,
    run_time_ms           integer     NOT NULL,
    max_concurrency       integer     NOT NULL,
    valid_from            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, version)
);

-- The first version is 1 whatever an INSERT says, and each change of a figure makes the next.
CREATE FUNCTION next_tier_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.version := 1;
        RETURN NEW;
    END IF;
    -- The ledger, leases and counters know a tier by its name.
    IF NEW.name <> OLD.name THEN
        RAISE EXCEPTION 'the tier % cannot be renamed: make another and move its accounts', OLD.name
            USING ERRCODE = 'check_violation', CONSTRAINT = 'subscription_tiers_name_is_fixed';
    END IF;
    IF (NEW.executions_per_minute, NEW.executions_per_day, NEW.memory_mib, NEW.run_time_ms, NEW.max_concurrency)
       IS DISTINCT FROM
       (OLD.executions_per_minute, OLD.executions_per_day, OLD.memory_mib, OLD.run_time_ms, OLD.max_concurrency) THEN
        NEW.version := OLD.version + 1;
    ELSE
        NEW.version := OLD.version;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION keep_tier_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO subscription_tier_versions (name, version, executions_per_minute, executions_per_day, memory_mib,
                                            run_time_ms, max_concurrency)
    VALUES (NEW.name, NEW.version, NEW.executions_per_minute, NEW.executions_per_day, NEW.memory_mib,
            NEW.run_time_ms, NEW.max_concurrency)
    ON CONFLICT (name, version) DO NOTHING;
    RETURN NULL;
END
$$;

CREATE TRIGGER subscription_tiers_updated_at BEFORE UPDATE ON subscription_tiers
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER subscription_tiers_next_version BEFORE INSERT OR UPDATE ON subscription_tiers
    FOR EACH ROW EXECUTE FUNCTION next_tier_version();
CREATE TRIGGER subscription_tiers_keep_version AFTER INSERT OR UPDATE ON subscription_tiers
    FOR EACH ROW EXECUTE FUNCTION keep_tier_version();
CREATE TRIGGER subscription_tiers_auth_epoch AFTER INSERT OR UPDATE OR DELETE ON subscription_tiers
    FOR EACH STATEMENT EXECUTE FUNCTION raise_auth_epoch();

INSERT INTO subscription_tiers
    (name,    executions_per_minute, executions_per_day, memory_mib, run_time_ms, max_concurrency) VALUES
    ('Free',                     10,                500,        128,        5000,               2),
    ('Basic',                   100,             10000,         256,       10000,               8),
    ('Pro',                     500,             50000,         512,       30000,              32);

-- ---------------------------------------------------------------------------------------------------------------------
-- Accounts and keys
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE users (
    id         uuid        PRIMARY KEY,
    name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 128),
    tier       text        NOT NULL REFERENCES subscription_tiers (name),
    status     text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_name_key ON users (lower(name));
CREATE INDEX users_tier ON users (tier);

CREATE TRIGGER users_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER users_auth_epoch AFTER UPDATE OR DELETE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION raise_auth_epoch();

CREATE TABLE api_keys (
    id                    uuid        PRIMARY KEY,
    user_id               uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name                  text        NOT NULL DEFAULT '' CHECK (char_length(name) <= 128),
    -- SHA-256 of the key's text; the key itself is shown once and kept nowhere.
    key_hash              bytea       NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
    scopes                text[]      NOT NULL DEFAULT ARRAY['execute', 'modules', 'usage']
        CHECK (scopes <@ ARRAY['execute', 'modules', 'usage', 'account', 'admin']),
    -- Limits below the tier's; NULL: the tier's.
    executions_per_minute integer     CHECK (executions_per_minute > 0),
    executions_per_day    integer     CHECK (executions_per_day > 0),
    memory_mib            integer     CHECK (memory_mib BETWEEN 1 AND 4096),
    run_time_ms           integer     CHECK (run_time_ms BETWEEN 1 AND 3600000),
    expires_at            timestamptz,
    revoked_at            timestamptz,
    last_used_at          timestamptz,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT api_keys_day_at_least_minute CHECK (executions_per_day >= executions_per_minute)
);
CREATE INDEX api_keys_user ON api_keys (user_id, created_at);

-- last_used_at changes all the time and means nothing to authentication: it moves neither updated_at nor the epoch.
CREATE TRIGGER api_keys_updated_at BEFORE UPDATE OF user_id, name, key_hash, scopes, executions_per_minute,
    executions_per_day, memory_mib, run_time_ms, expires_at, revoked_at ON api_keys
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER api_keys_auth_epoch_update AFTER UPDATE OF user_id, key_hash, scopes, executions_per_minute,
    executions_per_day, memory_mib, run_time_ms, expires_at, revoked_at ON api_keys
    FOR EACH STATEMENT EXECUTE FUNCTION raise_auth_epoch();
-- Also on insert: executors cache that a key is unknown.
CREATE TRIGGER api_keys_auth_epoch AFTER INSERT OR DELETE ON api_keys
    FOR EACH STATEMENT EXECUTE FUNCTION raise_auth_epoch();

-- ---------------------------------------------------------------------------------------------------------------------
-- Modules
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE wasm_modules (
    user_id    uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    digest     bytea       NOT NULL CHECK (octet_length(digest) = 32),
    name       text        NOT NULL DEFAULT '' CHECK (char_length(name) <= 128),
    code       bytea       NOT NULL,
    size_bytes bigint      NOT NULL CHECK (size_bytes > 0),
    -- What validation found: wasmwiz.v1.ModuleProfile, serialized.
    profile    bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, digest),
    CONSTRAINT wasm_modules_size CHECK (octet_length(code) = size_bytes)
);
-- Compiled WebAssembly hardly compresses; not trying saves time on every upload and load.
ALTER TABLE wasm_modules ALTER COLUMN code SET STORAGE EXTERNAL;
CREATE INDEX wasm_modules_newest ON wasm_modules (user_id, created_at DESC, digest);
CREATE TRIGGER wasm_modules_updated_at BEFORE UPDATE ON wasm_modules
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- ---------------------------------------------------------------------------------------------------------------------
-- The daily allowance
-- ---------------------------------------------------------------------------------------------------------------------

-- One row per account, tier and day. charged: charged rows of usage_logs. held: units that leases took and did not
-- return. charged <= held always, and held never passes the limit in force when it was raised.
CREATE TABLE daily_tier_counters (
    user_id    uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tier       text        NOT NULL REFERENCES subscription_tiers (name),
    day        date        NOT NULL,
    held       bigint      NOT NULL DEFAULT 0 CHECK (held >= 0),
    charged    bigint      NOT NULL DEFAULT 0 CHECK (charged >= 0),
    executions bigint      NOT NULL DEFAULT 0 CHECK (executions >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, tier, day),
    CONSTRAINT daily_tier_counters_charged_at_most_held CHECK (charged <= held)
);
CREATE TRIGGER daily_tier_counters_updated_at BEFORE UPDATE ON daily_tier_counters
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- An account has a counter from its first moment, and from its first moment on another tier.
CREATE FUNCTION open_daily_counter() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO daily_tier_counters (user_id, tier, day)
    VALUES (NEW.id, NEW.tier, (now() AT TIME ZONE 'UTC')::date)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_daily_counter AFTER INSERT OR UPDATE OF tier ON users
    FOR EACH ROW EXECUTE FUNCTION open_daily_counter();

-- Units of a day's allowance that one executor may spend. size counts in the counter's held from the grant until the
-- lease is settled, which returns size - charged. No foreign keys: the event log may speak of an account that is gone.
CREATE TABLE quota_leases (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL,
    tier       text        NOT NULL,
    day        date        NOT NULL,
    size       bigint      NOT NULL CHECK (size > 0),
    charged    bigint      NOT NULL DEFAULT 0 CHECK (charged >= 0),
    state      text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closing', 'closed')),
    executor   text        NOT NULL CHECK (char_length(executor) BETWEEN 1 AND 128),
    granted_at timestamptz NOT NULL DEFAULT now(),
    use_by     timestamptz NOT NULL,
    closed_at  timestamptz,
    CONSTRAINT quota_leases_charged_at_most_size CHECK (charged <= size),
    CONSTRAINT quota_leases_use_by_in_day CHECK (day::timestamp AT TIME ZONE 'UTC' <= granted_at
        AND granted_at < use_by AND use_by <= (day + 1)::timestamp AT TIME ZONE 'UTC'),
    CONSTRAINT quota_leases_closed_at CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE INDEX quota_leases_unsettled ON quota_leases (use_by) WHERE state <> 'closed';
CREATE INDEX quota_leases_account ON quota_leases (user_id, tier, day);

-- Units of a minute's allowance that executors took: never settled, lost with the minute.
CREATE TABLE minute_grants (
    user_id uuid        NOT NULL,
    tier    text        NOT NULL,
    minute  timestamptz NOT NULL CHECK (date_trunc('minute', minute, 'UTC') = minute),
    granted bigint      NOT NULL DEFAULT 0 CHECK (granted >= 0),
    PRIMARY KEY (user_id, tier, minute)
);

-- Claims of idempotent requests: one execution id for one (account, request id), whatever day the repeat comes.
CREATE TABLE request_claims (
    user_id      uuid        NOT NULL,
    request_id   uuid        NOT NULL,
    execution_id uuid        NOT NULL,
    day          date        NOT NULL,
    content_hash bytea       NOT NULL CHECK (octet_length(content_hash) = 32),
    attempts     integer     NOT NULL DEFAULT 1 CHECK (attempts > 0),
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, request_id)
);
CREATE INDEX request_claims_day ON request_claims (day);

-- ---------------------------------------------------------------------------------------------------------------------
-- The ledger
-- ---------------------------------------------------------------------------------------------------------------------

-- One row per execution, written by metering alone. day is the UTC day inside the id, so (day, execution_id) is unique
-- for ever. No foreign keys: an event must never fail because a module or key was deleted.
CREATE TABLE usage_logs (
    day               date        NOT NULL,
    execution_id      uuid        NOT NULL,
    user_id           uuid        NOT NULL,
    api_key_id        uuid,
    module_digest     bytea       NOT NULL CHECK (octet_length(module_digest) = 32),
    tier              text        NOT NULL,
    tier_version      integer     NOT NULL CHECK (tier_version > 0),
    lease_id          uuid,
    request_id        uuid,
    batch_id          uuid,
    item_id           text        CHECK (char_length(item_id) <= 128),
    status            text        NOT NULL CHECK (status IN ('completed', 'failed', 'trapped', 'timed_out', 'cancelled',
                                                             'memory_limit', 'sandbox_crashed')),
    exit_code         smallint    CHECK (exit_code BETWEEN 0 AND 255),
    trap              text        CHECK (trap IN ('unreachable', 'stack_overflow', 'memory_out_of_bounds',
                                                  'table_out_of_bounds', 'indirect_call_to_null', 'bad_signature',
                                                  'integer_overflow', 'integer_division_by_zero',
                                                  'bad_conversion_to_integer', 'heap_misaligned', 'instantiation',
                                                  'other')),
    admitted_at       timestamptz NOT NULL,
    wall_time_us      bigint      NOT NULL CHECK (wall_time_us >= 0),
    cpu_time_us       bigint      NOT NULL CHECK (cpu_time_us >= 0),
    queue_time_us     bigint      NOT NULL CHECK (queue_time_us >= 0),
    peak_memory_bytes bigint      NOT NULL CHECK (peak_memory_bytes >= 0),
    module_bytes      bigint      NOT NULL CHECK (module_bytes >= 0),
    input_bytes       bigint      NOT NULL CHECK (input_bytes >= 0),
    output_bytes      bigint      NOT NULL CHECK (output_bytes >= 0),
    cache_hit         boolean     NOT NULL,
    output_truncated  boolean     NOT NULL,
    output_lost       boolean     NOT NULL,
    charged           boolean     NOT NULL,
    -- Why a row that its executor asked to charge is not charged ('late'), or was never to be ('not_chargeable').
    uncharged_cause   text        CHECK (uncharged_cause IN ('late', 'not_chargeable')),
    log_partition     integer     NOT NULL CHECK (log_partition >= 0),
    log_offset        bigint      NOT NULL CHECK (log_offset >= 0),
    PRIMARY KEY (day, execution_id),
    CONSTRAINT usage_logs_uncharged_has_cause CHECK (charged = (uncharged_cause IS NULL)),
    CONSTRAINT usage_logs_charged_has_lease CHECK (NOT charged OR lease_id IS NOT NULL)
) PARTITION BY RANGE (day);
CREATE INDEX usage_logs_account ON usage_logs (user_id, admitted_at);
CREATE INDEX usage_logs_key ON usage_logs (api_key_id, admitted_at);

-- A table of that name that is no partition (any more) does not count: making it then fails, rather than being skipped.
CREATE FUNCTION is_usage_partition(table_name text) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    -- Not by to_regclass: its cache may still say "absent" after we waited for whoever made it.
    SELECT EXISTS (SELECT FROM pg_inherits i
                   JOIN pg_class c ON c.oid = i.inhrelid
                   WHERE i.inhparent = 'public.usage_logs'::regclass
                     AND c.relnamespace = 'public'::regnamespace
                     AND c.relname = table_name)
$$;

-- Makes the partition of one day, unless it is there. Metering calls this ahead of time; it owns no table itself.
CREATE FUNCTION ensure_usage_partition(partition_day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name  text := format('usage_logs_%s', to_char(partition_day, 'YYYYMMDD'));
    today date := (now() AT TIME ZONE 'UTC')::date;
BEGIN
    IF partition_day IS NULL OR partition_day NOT BETWEEN today - 3660 AND today + 366 THEN
        RAISE EXCEPTION 'usage partition of % refused: within ten years back and one year ahead is allowed',
            coalesce(partition_day::text, 'no day') USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF is_usage_partition(name) THEN
        RETURN false;
    END IF;
    -- Two workers may want it at once: the second waits here and then finds it.
    PERFORM pg_advisory_xact_lock(hashtext('usage_logs_partition'));
    IF is_usage_partition(name) THEN
        RETURN false;
    END IF;
    -- Attached rather than created in place: ATTACH takes the lock that does not block writers.
    EXECUTE format('CREATE TABLE public.%I (LIKE public.usage_logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('ALTER TABLE public.usage_logs ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   name, partition_day, partition_day + 1);
    RETURN true;
END
$$;

-- How far the event log is in the ledger: changed only in the transaction that writes the rows.
CREATE TABLE log_positions (
    topic        text        NOT NULL,
    partition    integer     NOT NULL CHECK (partition >= 0),
    -- Kafka's id of the topic, so that a topic made anew under the same name is not taken for the old one.
    topic_id     uuid        NOT NULL,
    next_offset  bigint      NOT NULL CHECK (next_offset >= 0),
    leader_epoch integer     CHECK (leader_epoch >= 0),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition)
);
CREATE TRIGGER log_positions_updated_at BEFORE UPDATE ON log_positions
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- Records that can be no row, kept whole with the reason.
CREATE TABLE dead_events (
    topic         text        NOT NULL,
    log_partition integer     NOT NULL CHECK (log_partition >= 0),
    log_offset    bigint      NOT NULL CHECK (log_offset >= 0),
    topic_id      uuid        NOT NULL,
    reason        text        NOT NULL CHECK (reason ~ '^[A-Z][A-Z0-9_]{0,63}$'),
    detail        text        NOT NULL DEFAULT '' CHECK (char_length(detail) <= 2000),
    record_key    bytea,
    record_value  bytea,
    created_at    timestamptz NOT NULL DEFAULT now(),
    replayed_at   timestamptz,
    PRIMARY KEY (topic, topic_id, log_partition, log_offset)
);
CREATE INDEX dead_events_created ON dead_events (created_at);

-- ---------------------------------------------------------------------------------------------------------------------
-- Seeds
-- ---------------------------------------------------------------------------------------------------------------------

-- The account of calls without a key, which executors allow in development only. It has no key, so nobody can be it
-- otherwise. Its id is a UUIDv7 of the year 2026.
INSERT INTO users (id, name, tier) VALUES ('019b76da-a800-7000-8000-000000000001', 'developer', 'Pro');

-- ---------------------------------------------------------------------------------------------------------------------
-- What each role may do, and nothing else
-- ---------------------------------------------------------------------------------------------------------------------
-- Functions of a schema are everybody's by default: whoever may make a temporary table could hang these triggers on it.
REVOKE ALL ON FUNCTION set_updated_at(), raise_auth_epoch(), next_tier_version(), keep_tier_version(),
    open_daily_counter(), is_usage_partition(text), ensure_usage_partition(date) FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO wasmwiz_executor, wasmwiz_metering, wasmwiz_reader;
-- Metering isolates rows that COPY refuses in a temporary table.
DO $$
BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO wasmwiz_metering', current_database());
END
$$;

-- What a service reads to see whether the schema fits it.
CREATE VIEW schema_version AS
    SELECT version, description, installed_on, success FROM flyway_schema_history WHERE version IS NOT NULL;
GRANT SELECT ON schema_version TO wasmwiz_executor, wasmwiz_metering, wasmwiz_reader;

GRANT SELECT ON auth_epoch, subscription_tiers, subscription_tier_versions, users, api_keys, daily_tier_counters,
    quota_leases, usage_logs, request_claims, minute_grants TO wasmwiz_executor;
GRANT SELECT, INSERT, DELETE ON wasm_modules TO wasmwiz_executor;
GRANT UPDATE (name) ON wasm_modules TO wasmwiz_executor;
-- What a lease has charged, and its end, are metering's alone to write: both come from the log.
GRANT INSERT (user_id, tier, day), UPDATE (held) ON daily_tier_counters TO wasmwiz_executor;
GRANT INSERT (id, user_id, tier, day, size, executor, granted_at, use_by), UPDATE (use_by) ON quota_leases
    TO wasmwiz_executor;
GRANT INSERT, UPDATE ON request_claims, minute_grants TO wasmwiz_executor;

GRANT SELECT ON subscription_tiers TO wasmwiz_metering;
GRANT SELECT, INSERT ON usage_logs, dead_events TO wasmwiz_metering;
GRANT UPDATE (replayed_at) ON dead_events TO wasmwiz_metering;
GRANT SELECT, INSERT, UPDATE ON log_positions TO wasmwiz_metering;
GRANT SELECT ON daily_tier_counters TO wasmwiz_metering;
GRANT INSERT (user_id, tier, day, held, charged, executions), UPDATE (held, charged, executions)
    ON daily_tier_counters TO wasmwiz_metering;
GRANT SELECT, DELETE ON quota_leases TO wasmwiz_metering;
GRANT UPDATE (charged, state, closed_at) ON quota_leases TO wasmwiz_metering;
GRANT SELECT (id, last_used_at), UPDATE (last_used_at) ON api_keys TO wasmwiz_metering;
GRANT SELECT, DELETE ON request_claims, minute_grants TO wasmwiz_metering;
GRANT EXECUTE ON FUNCTION ensure_usage_partition(date) TO wasmwiz_metering;

GRANT SELECT ON subscription_tiers, subscription_tier_versions, daily_tier_counters, quota_leases, usage_logs,
    log_positions, dead_events TO wasmwiz_reader;
GRANT SELECT (id, name, tier, status, created_at, updated_at) ON users TO wasmwiz_reader;
GRANT SELECT (user_id, digest, name, size_bytes, created_at, updated_at) ON wasm_modules TO wasmwiz_reader;

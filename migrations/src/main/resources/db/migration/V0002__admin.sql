-- Administration: a role of its own, the audit log, repeated requests, the bootstrap.

-- ---------------------------------------------------------------------------------------------------------------------
-- The role of the admin service. It has a login of its own, so that what serves tenants cannot touch keys or tiers.
-- ---------------------------------------------------------------------------------------------------------------------
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wasmwiz_admin') THEN
        BEGIN
            CREATE ROLE wasmwiz_admin NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END IF;
END
$$;

CREATE INDEX users_newest ON users (created_at DESC, id DESC);

-- ---------------------------------------------------------------------------------------------------------------------
-- The audit log: every change of accounts, keys and tiers, and every denied call of the admin service. Rows are only
-- ever added, and each holds the hash of the one before. Never a secret: no key, no hash of a key.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE audit_events (
    -- Without gaps from 1.
    seq            bigint      PRIMARY KEY CHECK (seq > 0),
    at             timestamptz NOT NULL,
    -- key: a call with a key; development: a call without one where none is needed; unknown: nobody known;
    -- bootstrap: the command of that name; server: the service itself.
    actor          text        NOT NULL CHECK (actor IN ('key', 'development', 'unknown', 'bootstrap', 'server')),
    actor_user_id  uuid,
    actor_key_id   uuid,
    action         text        NOT NULL CHECK (action ~ '^[A-Za-z]{1,64}$'),
    -- The account concerned, where there is one.
    user_id        uuid,
    -- What was changed or asked for, for example users/019b76da-…; empty when a call was denied before it said so.
    target         text        NOT NULL CHECK (char_length(target) <= 256),
    -- JSON, kept to the byte.
    before_state   text        CHECK (octet_length(before_state) <= 8192),
    after_state    text        CHECK (octet_length(after_state) <= 8192),
    request_id     uuid,
    client_address text        NOT NULL CHECK (char_length(client_address) <= 64),
    user_agent     text        NOT NULL CHECK (char_length(user_agent) <= 256),
    outcome        text        NOT NULL CHECK (outcome IN ('done', 'denied')),
    reason         text        CHECK (reason ~ '^[A-Z][A-Z0-9_]{0,63}$'),
    previous_hash  bytea       NOT NULL CHECK (octet_length(previous_hash) = 32),
    hash           bytea       NOT NULL CHECK (octet_length(hash) = 32),
    CONSTRAINT audit_events_denied_has_reason CHECK ((outcome = 'denied') = (reason IS NOT NULL))
);
CREATE INDEX audit_events_account ON audit_events (user_id, seq);

-- The newest event: its lock puts writers in line, and its figures tell when the newest rows are missing.
CREATE TABLE audit_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seq      bigint  NOT NULL CHECK (seq >= 0),
    hash     bytea   NOT NULL CHECK (octet_length(hash) = 32)
);
INSERT INTO audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- One field of what is hashed: its length in bytes of UTF-8 as four bytes, most significant first, then these bytes;
-- NULL is the length -1 alone.
CREATE FUNCTION audit_field(value text) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN value IS NULL THEN int4send(-1)
                ELSE int4send(octet_length(convert_to(value, 'UTF8'))) || convert_to(value, 'UTF8') END
$$;

-- SHA-256 of the hash before and every other column in this order: numbers in decimal, the time in microseconds since
-- 1970, ids in lower case with hyphens. io.wasmwiz.executor.admin.AuditChain computes the same to verify.
CREATE FUNCTION audit_hash(event audit_events) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT sha256(event.previous_hash
        || audit_field(event.seq::text)
        || audit_field((extract(epoch FROM event.at) * 1000000)::bigint::text)
        || audit_field(event.actor)
        || audit_field(event.actor_user_id::text)
        || audit_field(event.actor_key_id::text)
        || audit_field(event.action)
        || audit_field(event.user_id::text)
        || audit_field(event.target)
        || audit_field(event.before_state)
        || audit_field(event.after_state)
        || audit_field(event.request_id::text)
        || audit_field(event.client_address)
        || audit_field(event.user_agent)
        || audit_field(event.outcome)
        || audit_field(event.reason))
$$;

-- Puts a row at the end of the chain, whatever place its INSERT asks for.
CREATE FUNCTION chain_audit_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head audit_head;
BEGIN
    SELECT * INTO STRICT head FROM audit_head FOR UPDATE;
    NEW.seq := head.seq + 1;
    NEW.at := clock_timestamp();
    NEW.previous_hash := head.hash;
    NEW.hash := audit_hash(NEW);
    UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_events_chain BEFORE INSERT ON audit_events
    FOR EACH ROW EXECUTE FUNCTION chain_audit_event();

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever added to'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_events_are_final';
END
$$;
CREATE TRIGGER audit_events_final BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- ---------------------------------------------------------------------------------------------------------------------
-- Requests that made something, by the id that their caller gave them; a repeat finds what was made. Kept for a week.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE admin_requests (
    -- The caller's account.
    user_id      uuid        NOT NULL,
    request_id   uuid        NOT NULL,
    content_hash bytea       NOT NULL CHECK (octet_length(content_hash) = 32),
    -- What was made: an id, or a tier's name.
    result       text        NOT NULL CHECK (char_length(result) BETWEEN 1 AND 64),
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, request_id)
);
CREATE INDEX admin_requests_created ON admin_requests (created_at);

-- The first operator is made once.
CREATE TABLE admin_bootstrap (
    only_row   boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    user_id    uuid        NOT NULL,
    api_key_id uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- ---------------------------------------------------------------------------------------------------------------------
-- What the role may do
-- ---------------------------------------------------------------------------------------------------------------------
REVOKE ALL ON FUNCTION audit_field(text), audit_hash(audit_events), chain_audit_event(), refuse_audit_change()
    FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO wasmwiz_admin;
GRANT SELECT ON schema_version, subscription_tiers, subscription_tier_versions, audit_events, audit_head, admin_bootstrap
    TO wasmwiz_admin;
GRANT SELECT (id, name, tier, status, created_at, updated_at), INSERT (id, name, tier), UPDATE (tier, status) ON users
    TO wasmwiz_admin;
-- It writes hashes of keys and has no need to read them.
GRANT SELECT (id, user_id, name, scopes, executions_per_minute, executions_per_day, memory_mib, run_time_ms, expires_at,
              revoked_at, last_used_at, created_at, updated_at),
      INSERT (id, user_id, name, key_hash, scopes, executions_per_minute, executions_per_day, memory_mib, run_time_ms,
              expires_at),
      UPDATE (name, scopes, executions_per_minute, executions_per_day, memory_mib, run_time_ms, expires_at, revoked_at)
    ON api_keys TO wasmwiz_admin;
GRANT INSERT (name, executions_per_minute, executions_per_day, memory_mib, run_time_ms, max_concurrency),
      UPDATE (executions_per_minute, executions_per_day, memory_mib, run_time_ms, max_concurrency)
    ON subscription_tiers TO wasmwiz_admin;
-- The chain's own columns are the trigger's to fill.
GRANT INSERT (actor, actor_user_id, actor_key_id, action, user_id, target, before_state, after_state, request_id,
              client_address, user_agent, outcome, reason) ON audit_events TO wasmwiz_admin;
GRANT SELECT, INSERT, DELETE ON admin_requests TO wasmwiz_admin;
GRANT INSERT (user_id, api_key_id) ON admin_bootstrap TO wasmwiz_admin;

-- Wherever row-level security is on, this role is beyond it: it serves operators, and the service itself keeps owners to
-- their own accounts.
CREATE POLICY admin_serves_all ON users TO wasmwiz_admin USING (true) WITH CHECK (true);
CREATE POLICY admin_serves_all ON api_keys TO wasmwiz_admin USING (true) WITH CHECK (true);

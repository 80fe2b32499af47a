-- Usage to bill from: rollups, the order of export, and the watermark.

-- ---------------------------------------------------------------------------------------------------------------------
-- Rollups: sums of usage_logs by the UTC hour of admission, kept by metering in the transaction that writes the rows. Days
-- and months are sums of hours. Sums are exact whatever events say: a figure may be as large as a bigint, so a sum may not.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE usage_rollups (
    user_id           uuid        NOT NULL,
    hour              timestamptz NOT NULL,
    -- NULL: calls without a key.
    api_key_id        uuid,
    module_digest     bytea       NOT NULL CHECK (octet_length(module_digest) = 32),
    status            text        NOT NULL,
    tier              text        NOT NULL,
    runs              bigint      NOT NULL CHECK (runs > 0),
    charged           bigint      NOT NULL CHECK (charged >= 0),
    wall_time_us      numeric     NOT NULL CHECK (wall_time_us >= 0),
    cpu_time_us       numeric     NOT NULL CHECK (cpu_time_us >= 0),
    input_bytes       numeric     NOT NULL CHECK (input_bytes >= 0),
    output_bytes      numeric     NOT NULL CHECK (output_bytes >= 0),
    -- The highest of one run.
    peak_memory_bytes bigint      NOT NULL CHECK (peak_memory_bytes >= 0),
    CONSTRAINT usage_rollups_key UNIQUE NULLS NOT DISTINCT (user_id, hour, api_key_id, module_digest, status, tier),
    CONSTRAINT usage_rollups_whole_hour CHECK (date_trunc('hour', hour, 'UTC') = hour),
    CONSTRAINT usage_rollups_charged_at_most_runs CHECK (charged <= runs)
-- Room to change a row in its page: no index has what changes.
) WITH (fillfactor = 60);
-- For letting go of old hours only; rows come nearly in the order of time.
CREATE INDEX usage_rollups_hour ON usage_rollups USING brin (hour);

INSERT INTO usage_rollups
SELECT user_id, date_trunc('hour', admitted_at, 'UTC'), api_key_id, module_digest, status, tier, count(*),
       count(*) FILTER (WHERE charged), sum(wall_time_us), sum(cpu_time_us), sum(input_bytes), sum(output_bytes),
       max(peak_memory_bytes)
FROM usage_logs GROUP BY 1, 2, 3, 4, 5, 6;

ALTER TABLE usage_rollups ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage_rollups TO wasmwiz_executor USING (user_id = current_account_id());
CREATE POLICY metering ON usage_rollups TO wasmwiz_metering USING (true);
CREATE POLICY reader ON usage_rollups FOR SELECT TO wasmwiz_reader USING (true);

-- ---------------------------------------------------------------------------------------------------------------------
-- Export reads an account's rows in the order of the log.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE INDEX usage_logs_export ON usage_logs (user_id, log_generation, log_partition, log_offset);
-- Nothing reads by key and time any more: rollups do. One index less pays for the one above.
DROP INDEX usage_logs_key;

-- Between which offsets of a log partition the rows of a day lie: which days a page of an export has to look at, and what
-- retention took away (the days below its floor stay here).
CREATE TABLE usage_log_extents (
    day            date     NOT NULL,
    log_generation smallint NOT NULL,
    log_partition  integer  NOT NULL,
    first_offset   bigint   NOT NULL CHECK (first_offset >= 0),
    last_offset    bigint   NOT NULL,
    PRIMARY KEY (day, log_generation, log_partition),
    CONSTRAINT usage_log_extents_first_to_last CHECK (first_offset <= last_offset)
) WITH (fillfactor = 60);
INSERT INTO usage_log_extents
SELECT day, log_generation, log_partition, min(log_offset), max(log_offset) FROM usage_logs GROUP BY 1, 2, 3;

-- ---------------------------------------------------------------------------------------------------------------------
-- The watermark: every execution admitted before complete_before that is ever charged is in usage_logs, for whoever sees
-- this row. Why (metering/README.md has the interleavings):
--
-- A charged row names a lease, is admitted at the lease's grant or later, and is written while the lease is not closed. So
-- what is still missing names a lease that is not closed, and that lease was either seen when the watermark was worked
-- out, which makes the watermark its grant at most, or was not committed yet. A grant that was in flight then either held
-- the lock 'wasmwiz_grants', and was waited for; or it takes the lock later, and finds grant_floor, which the watermark
-- never passes, and is refused if it began before.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE usage_watermark (
    only_row        boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    -- No lease is granted any more with an earlier time.
    grant_floor     timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z',
    complete_before timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z',
    computed_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT usage_watermark_at_most_grant_floor CHECK (complete_before <= grant_floor)
);
INSERT INTO usage_watermark DEFAULT VALUES;

CREATE FUNCTION refuse_late_grant() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    allowed timestamptz;
BEGIN
    -- Held to the end of the transaction: whoever has it exclusively sees every grant or is seen by it.
    PERFORM pg_advisory_xact_lock_shared(hashtext('wasmwiz_grants'));
    -- A statement of its own, so that it sees what was committed while the lock was waited for.
    SELECT w.grant_floor INTO STRICT allowed FROM usage_watermark w;
    IF NEW.granted_at < allowed THEN
        RAISE EXCEPTION 'the grant of lease % began at % and took too long: % or later is allowed', NEW.id, NEW.granted_at,
            allowed USING ERRCODE = 'lock_not_available', CONSTRAINT = 'quota_leases_granted_in_time';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER quota_leases_grant BEFORE INSERT ON quota_leases FOR EACH ROW EXECUTE FUNCTION refuse_late_grant();

-- A lease that is used for hours would hold the watermark for hours: none is renewed beyond a quarter of an hour from its
-- grant. Its executor then takes the next one, as at the end of a day.
CREATE FUNCTION end_renewals() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    NEW.use_by := greatest(OLD.use_by, least(NEW.use_by, OLD.granted_at + interval '15 minutes'));
    RETURN NEW;
END
$$;
-- After quota_leases_renewal, which refuses: triggers go by name.
CREATE TRIGGER quota_leases_renewal_end BEFORE UPDATE OF use_by ON quota_leases
    FOR EACH ROW WHEN (NEW.use_by > OLD.use_by) EXECUTE FUNCTION end_renewals();

-- Moves the watermark on; returns it. Waits for grants that are writing their lease, so call it with a short lock_timeout:
-- those that come after it wait behind it. grant_timeout_millis: how long a grant may take from its beginning until it
-- writes its lease; longer ones are refused.
CREATE FUNCTION advance_usage_watermark(grant_timeout_millis bigint) RETURNS timestamptz
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    oldest timestamptz;
    result timestamptz;
BEGIN
    IF grant_timeout_millis IS NULL OR grant_timeout_millis NOT BETWEEN 1000 AND 300000 THEN
        RAISE EXCEPTION 'grant timeout of % ms refused: 1000 to 300000 is allowed', grant_timeout_millis
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('wasmwiz_grants'));
    SELECT min(l.granted_at) INTO oldest FROM quota_leases l WHERE l.state <> 'closed';
    UPDATE usage_watermark w
    SET grant_floor = floor.next,
        complete_before = greatest(w.complete_before, least(floor.next, coalesce(oldest, 'infinity'))),
        computed_at = now()
    FROM (SELECT greatest(v.grant_floor, now() - grant_timeout_millis * interval '1 millisecond') AS next
          FROM usage_watermark v) AS floor
    RETURNING w.complete_before INTO result;
    RETURN result;
END
$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- What each role may do
-- ---------------------------------------------------------------------------------------------------------------------
REVOKE ALL ON FUNCTION refuse_late_grant(), end_renewals(), advance_usage_watermark(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION advance_usage_watermark(bigint) TO wasmwiz_metering;
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_rollups TO wasmwiz_metering;
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_log_extents TO wasmwiz_metering;
GRANT SELECT ON usage_rollups, usage_log_extents, usage_watermark TO wasmwiz_executor, wasmwiz_reader;
GRANT SELECT ON usage_watermark TO wasmwiz_metering;

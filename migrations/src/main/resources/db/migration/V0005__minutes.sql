-- Minutes shared by executors, a key's own lower limits, leases asked back, and all of it taken in one trip.

-- Set when another executor found nothing left: the holder returns what it has not spent.
ALTER TABLE quota_leases ADD COLUMN recalled_at timestamptz;
-- Empty but for accounts at their limit, so that each executor can ask for its own several times a second.
CREATE INDEX quota_leases_recalled ON quota_leases (executor) WHERE recalled_at IS NOT NULL AND state = 'open';

-- Units that executors took of a key's own limits, where these are lower than its tier's. An executor may give units of a
-- day back that it did not spend; those of a minute, and those of an executor that died, are lost with their period.
CREATE TABLE key_grants (
    api_key_id uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    period     text        NOT NULL CHECK (period IN ('minute', 'day')),
    starts_at  timestamptz NOT NULL,
    granted    bigint      NOT NULL DEFAULT 0 CHECK (granted >= 0),
    PRIMARY KEY (api_key_id, period, starts_at),
    -- Checked after the period itself: checks go by name.
    CONSTRAINT key_grants_starts_with_period CHECK (date_trunc(period, starts_at, 'UTC') = starts_at)
);

ALTER TABLE key_grants ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON key_grants TO wasmwiz_executor USING (user_id = current_account_id());
CREATE POLICY quota ON key_grants TO wasmwiz_executor USING (works_across_accounts('quota'));
CREATE POLICY metering ON key_grants TO wasmwiz_metering USING (true);
CREATE POLICY reader ON key_grants FOR SELECT TO wasmwiz_reader USING (true);

-- How many units to hand out at once: what is wanted, but at most one of `parts` of the allowance and `maximum`; more only
-- when more calls wait. Of the last four such blocks, only what calls wait for, so that no unit lies where nobody needs it.
CREATE FUNCTION quota_block(allowance bigint, taken bigint, parts bigint, maximum bigint, wanted bigint, waiting bigint)
    RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT greatest(0, least(allowance - taken,
                             CASE WHEN allowance - taken <= 4 * cap THEN waiting
                                  ELSE greatest(waiting, least(wanted, cap)) END))
    FROM (SELECT greatest(1, least(allowance / parts, maximum)) AS cap) AS block
$$;

-- Takes what some waiting calls of an account lack: units of the day (as a lease), of the minute, and of a key's own day
-- and minute where its limits are lower than the tier's; all of them or none. A period for which no call waits
-- (`…_waiting` = 0) is left alone, and so is that of a key that lowers nothing. Runs with the executor's rights.
--
-- Every time is now(): when the statement began, however long a lock took, so that day, minute and use-by agree. Locks
-- are always taken in the order counter, minute, key's day, key's minute; leases of others are marked only where nobody
-- holds their lock, because metering locks leases before counters.
--
-- lease_id: a UUID of version 7, whose time is set to now().
-- at_minute: the minute of the calls as the executor reckons it, or NULL. It may lie up to five seconds ahead, because an
--   executor's reckoning is late by the time that its grant took to arrive; otherwise the minute is now()'s.
CREATE FUNCTION take_quota(
    account uuid, tier_name text, executor_id text, max_block bigint,
    lease_id uuid, lease_millis bigint, day_wanted bigint, day_waiting bigint, recall_millis bigint,
    at_minute timestamptz, minute_wanted bigint, minute_waiting bigint,
    key_id uuid,
    key_day_limit bigint, key_day_wanted bigint, key_day_waiting bigint,
    key_minute_limit bigint, key_minute_wanted bigint, key_minute_waiting bigint,
    OUT asked_at timestamptz, OUT day_end timestamptz, OUT minute_start timestamptz,
    OUT day_limit bigint, OUT minute_limit bigint, OUT tier_version integer,
    -- After this. NULL where the period was left alone.
    OUT charged bigint, OUT held bigint, OUT minute_granted bigint, OUT key_day_granted bigint,
    OUT key_minute_granted bigint,
    -- Taken now.
    OUT granted_lease uuid, OUT use_by timestamptz, OUT day_units bigint, OUT minute_units bigint,
    OUT key_day_units bigint, OUT key_minute_units bigint,
    -- What had nothing left: 'day', 'minute', 'key_day', 'key_minute'; NULL when everything was taken.
    OUT spent text,
    -- Whether units of the day are being asked back from other executors.
    OUT returning_soon boolean)
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    today        date := (now() AT TIME ZONE 'UTC')::date;
    day_start    timestamptz := today::timestamp AT TIME ZONE 'UTC';
    this_minute  timestamptz := date_trunc('minute', now(), 'UTC');
BEGIN
    -- To the end of the transaction, which for the executor is this statement.
    PERFORM set_config('wasmwiz.account_id', account::text, true);
    asked_at := now();
    day_end := (today + 1)::timestamp AT TIME ZONE 'UTC';
    minute_start := CASE WHEN at_minute > this_minute AND at_minute <= now() + interval '5 seconds'
                         THEN date_trunc('minute', at_minute, 'UTC') ELSE this_minute END;
    day_units := 0;
    minute_units := 0;
    key_day_units := 0;
    key_minute_units := 0;
    returning_soon := false;

    SELECT t.executions_per_day, t.executions_per_minute, t.version INTO day_limit, minute_limit, tier_version
    FROM subscription_tiers t WHERE t.name = tier_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no tier %', tier_name USING ERRCODE = 'no_data_found';
    END IF;

    IF day_waiting > 0 THEN
        LOOP
            SELECT c.charged, c.held INTO charged, held FROM daily_tier_counters c
            WHERE c.user_id = account AND c.tier = tier_name AND c.day = today FOR NO KEY UPDATE;
            EXIT WHEN FOUND;
            INSERT INTO daily_tier_counters (user_id, tier, day) VALUES (account, tier_name, today)
            ON CONFLICT DO NOTHING;
        END LOOP;
        day_units := quota_block(day_limit, held, 50, max_block, day_wanted, day_waiting);
        IF day_units = 0 THEN
            spent := 'day';
        END IF;
    END IF;
    IF minute_waiting > 0 THEN
        INSERT INTO minute_grants AS g (user_id, tier, minute) VALUES (account, tier_name, minute_start)
        ON CONFLICT (user_id, tier, minute) DO UPDATE SET granted = g.granted
        RETURNING g.granted INTO minute_granted;
        minute_units := quota_block(minute_limit, minute_granted, 20, max_block, minute_wanted, minute_waiting);
        IF minute_units = 0 THEN
            spent := coalesce(spent, 'minute');
        END IF;
        IF minute_granted = 0 THEN
            -- The first of a minute clears away. Nobody takes from a minute so long past: a statement does not last so long.
            DELETE FROM minute_grants g
            WHERE g.user_id = account AND g.tier = tier_name AND g.minute < this_minute - interval '10 minutes';
        END IF;
    END IF;
    IF key_day_waiting > 0 AND key_day_limit < day_limit THEN
        INSERT INTO key_grants AS g (api_key_id, user_id, period, starts_at) VALUES (key_id, account, 'day', day_start)
        ON CONFLICT (api_key_id, period, starts_at) DO UPDATE SET granted = g.granted
        RETURNING g.granted INTO key_day_granted;
        key_day_units := quota_block(key_day_limit, key_day_granted, 50, max_block, key_day_wanted, key_day_waiting);
        IF key_day_units = 0 THEN
            spent := CASE WHEN spent = 'day' THEN 'day' ELSE 'key_day' END;
        END IF;
        IF key_day_granted = 0 THEN
            DELETE FROM key_grants g
            WHERE g.api_key_id = key_id AND g.period = 'day' AND g.starts_at < day_start - interval '1 day';
        END IF;
    END IF;
    IF key_minute_waiting > 0 AND key_minute_limit < minute_limit THEN
        INSERT INTO key_grants AS g (api_key_id, user_id, period, starts_at)
        VALUES (key_id, account, 'minute', minute_start)
        ON CONFLICT (api_key_id, period, starts_at) DO UPDATE SET granted = g.granted
        RETURNING g.granted INTO key_minute_granted;
        key_minute_units :=
            quota_block(key_minute_limit, key_minute_granted, 20, max_block, key_minute_wanted, key_minute_waiting);
        IF key_minute_units = 0 THEN
            spent := coalesce(spent, 'key_minute');
        END IF;
        IF key_minute_granted = 0 THEN
            DELETE FROM key_grants g
            WHERE g.api_key_id = key_id AND g.period = 'minute' AND g.starts_at < this_minute - interval '10 minutes';
        END IF;
    END IF;

    IF spent IS NOT NULL THEN
        day_units := 0;
        minute_units := 0;
        key_day_units := 0;
        key_minute_units := 0;
        IF spent = 'day' THEN
            UPDATE quota_leases SET recalled_at = now()
            WHERE id IN (SELECT l.id FROM quota_leases l
                         WHERE l.user_id = account AND l.tier = tier_name AND l.day = today AND l.state = 'open'
                           AND l.executor <> executor_id AND l.recalled_at IS NULL AND l.size > l.charged
                         FOR NO KEY UPDATE SKIP LOCKED);
            returning_soon := EXISTS (
                SELECT FROM quota_leases l
                WHERE l.user_id = account AND l.tier = tier_name AND l.day = today AND l.state = 'open'
                  AND l.executor <> executor_id AND l.size > l.charged
                  AND coalesce(l.recalled_at, now()) > now() - recall_millis * interval '1 millisecond');
        END IF;
        RETURN;
    END IF;

    IF day_units > 0 THEN
        UPDATE daily_tier_counters c SET held = c.held + day_units
        WHERE c.user_id = account AND c.tier = tier_name AND c.day = today RETURNING c.held INTO held;
        granted_lease := encode(overlay(uuid_send(lease_id)
            PLACING substring(int8send(floor(extract(epoch FROM now()) * 1000)::bigint) FROM 3) FROM 1), 'hex')::uuid;
        use_by := least(now() + lease_millis * interval '1 millisecond', day_end);
        INSERT INTO quota_leases (id, user_id, tier, day, size, executor, granted_at, use_by)
        VALUES (granted_lease, account, tier_name, today, day_units, executor_id, now(), take_quota.use_by);
    END IF;
    IF minute_units > 0 THEN
        UPDATE minute_grants g SET granted = g.granted + minute_units
        WHERE g.user_id = account AND g.tier = tier_name AND g.minute = minute_start
        RETURNING g.granted INTO minute_granted;
    END IF;
    IF key_day_units > 0 THEN
        UPDATE key_grants g SET granted = g.granted + key_day_units
        WHERE g.api_key_id = key_id AND g.period = 'day' AND g.starts_at = day_start
        RETURNING g.granted INTO key_day_granted;
    END IF;
    IF key_minute_units > 0 THEN
        UPDATE key_grants g SET granted = g.granted + key_minute_units
        WHERE g.api_key_id = key_id AND g.period = 'minute' AND g.starts_at = minute_start
        RETURNING g.granted INTO key_minute_granted;
    END IF;
END
$$;

REVOKE ALL ON FUNCTION quota_block(bigint, bigint, bigint, bigint, bigint, bigint),
    take_quota(uuid, text, text, bigint, uuid, bigint, bigint, bigint, bigint, timestamptz, bigint, bigint, uuid,
               bigint, bigint, bigint, bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION quota_block(bigint, bigint, bigint, bigint, bigint, bigint),
    take_quota(uuid, text, text, bigint, uuid, bigint, bigint, bigint, bigint, timestamptz, bigint, bigint, uuid,
               bigint, bigint, bigint, bigint, bigint, bigint) TO wasmwiz_executor;
-- Also the privilege to lock these rows.
GRANT UPDATE (recalled_at) ON quota_leases TO wasmwiz_executor;
GRANT SELECT, INSERT, UPDATE, DELETE ON key_grants TO wasmwiz_executor;
GRANT DELETE ON minute_grants TO wasmwiz_executor;
GRANT SELECT, DELETE ON key_grants TO wasmwiz_metering;
GRANT SELECT ON minute_grants, key_grants TO wasmwiz_reader;

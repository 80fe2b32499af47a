-- Batches that can be resumed.
--
-- An item's execution id follows from the claim of its batch, its item id and its content, so an item that is sent again,
-- to whichever executor, has the id that it had, and (day, execution_id) is the key of the ledger. As with request ids, a
-- batch's items may have other ids only when the old ones can never be charged any more: its day is over and all leases of
-- its account of that day are closed. Then the batch has one more row here, and its items that are not charged yet take
-- their ids from the newest.
--
-- Who sends a charged item again runs it without charge; as often, over all items of a day, as the batch has charged items
-- of that day.
CREATE TABLE batch_claims (
    user_id    uuid        NOT NULL,
    batch_id   uuid        NOT NULL,
    day        date        NOT NULL,
    -- A UUIDv7 of that day, of which the items' execution ids have the time.
    seed       uuid        NOT NULL,
    -- Uncharged runs of charged items, at most 'charged', which is counted when it is needed.
    reruns     bigint      NOT NULL DEFAULT 0 CHECK (reruns >= 0),
    charged    bigint      NOT NULL DEFAULT 0 CHECK (charged >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, batch_id, day),
    CONSTRAINT batch_claims_reruns_at_most_charged CHECK (reruns <= charged)
);
CREATE INDEX batch_claims_day ON batch_claims (day);
CREATE INDEX usage_logs_batch ON usage_logs (user_id, batch_id) WHERE batch_id IS NOT NULL;

-- Claims a batch. The answers: 'claimed' with a row per day, the newest first; 'expired' (retention reaches its first day
-- tomorrow, or has); 'settling' (its last day is over, and which of its items were charged is not certain yet).
CREATE FUNCTION claim_batch(account uuid, batch uuid, new_id uuid)
    RETURNS TABLE (answer text, claimed_day date, claimed_seed uuid)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today  date := (now() AT TIME ZONE 'UTC')::date;
    kept   date;
    oldest date;
    newest date;
BEGIN
    SELECT r.floor INTO STRICT kept FROM usage_retention r;
    SELECT min(c.day), max(c.day) INTO oldest, newest FROM batch_claims c
    WHERE c.user_id = account AND c.batch_id = batch;
    IF oldest <= kept THEN
        answer := 'expired';
        RETURN NEXT;
        RETURN;
    END IF;
    IF newest < today AND EXISTS (
        SELECT FROM quota_leases q
        WHERE q.user_id = account AND q.day >= oldest AND q.day < today AND q.state <> 'closed') THEN
        answer := 'settling';
        RETURN NEXT;
        RETURN;
    END IF;
    IF newest IS NULL OR newest < today THEN
        INSERT INTO batch_claims (user_id, batch_id, day, seed)
        VALUES (account, batch, today, uuid_v7_at(now(), new_id))
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN QUERY SELECT 'claimed'::text, c.day, c.seed FROM batch_claims c
        WHERE c.user_id = account AND c.batch_id = batch ORDER BY c.day DESC;
END
$$;

-- Those of the executions ids[i] of days[i] that are charged, with what their rows say of lease and admission, and whether
-- they may run again; each that may counts.
CREATE FUNCTION find_batch_items(account uuid, batch uuid, days date[], ids uuid[])
    RETURNS TABLE (place bigint, paid_lease uuid, paid_at timestamptz, may_run boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    places  bigint[];
    leases  uuid[];
    times   timestamptz[];
    on_days date[];
    claim   batch_claims;
    wanted  bigint;
    granted bigint;
BEGIN
    -- An index look-up each, whatever the planner thinks of the ledger's size.
    SELECT array_agg(u.n), array_agg(l.lease_id), array_agg(l.admitted_at), array_agg(u.day)
    INTO places, leases, times, on_days
    FROM unnest(days, ids) WITH ORDINALITY AS u (day, id, n)
    CROSS JOIN LATERAL (
        SELECT r.lease_id, r.admitted_at FROM usage_logs r
        WHERE r.day = u.day AND r.execution_id = u.id AND r.user_id = account AND r.charged LIMIT 1) AS l;
    IF places IS NULL THEN
        RETURN;
    END IF;
    FOR claim IN SELECT c.* FROM batch_claims c
                 WHERE c.user_id = account AND c.batch_id = batch AND c.day = ANY (on_days)
                 ORDER BY c.day FOR UPDATE LOOP
        SELECT count(*) INTO wanted FROM unnest(on_days) AS u (day) WHERE u.day = claim.day;
        IF claim.reruns + wanted > claim.charged THEN
            SELECT count(*) INTO claim.charged FROM usage_logs r
            WHERE r.day = claim.day AND r.user_id = account AND r.batch_id = batch AND r.charged;
        END IF;
        granted := least(wanted, claim.charged - claim.reruns);
        UPDATE batch_claims c SET reruns = c.reruns + granted, charged = claim.charged
        WHERE c.user_id = account AND c.batch_id = batch AND c.day = claim.day;
        RETURN QUERY SELECT u.n, u.lease, u.at, row_number() OVER (ORDER BY u.n) <= granted
            FROM unnest(places, leases, times, on_days) AS u (n, lease, at, day) WHERE u.day = claim.day;
    END LOOP;
END
$$;

-- The executor has the two functions, and of the table what a batch of its account has come to.
ALTER TABLE batch_claims ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON batch_claims TO wasmwiz_executor USING (user_id = current_account_id());
CREATE POLICY metering ON batch_claims TO wasmwiz_metering USING (true);
REVOKE ALL ON FUNCTION claim_batch(uuid, uuid, uuid), find_batch_items(uuid, uuid, date[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_batch(uuid, uuid, uuid), find_batch_items(uuid, uuid, date[], uuid[])
    TO wasmwiz_executor;
GRANT SELECT ON batch_claims TO wasmwiz_executor;
GRANT SELECT, DELETE ON batch_claims TO wasmwiz_metering;

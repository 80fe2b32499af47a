-- Claims of request ids: what a repeat finds, decided in one place and in one trip for many requests at once.
--
-- An execution id is charged once, because (day, execution_id) is the key of the ledger. So a request is charged once as
-- long as it keeps its id. It may have another only when the old one can never be charged any more:
--   its day is over, all leases of its account of that day are closed, and it has no charged row, seen in this order.
-- A run starts only before its lease's use-by, which lies within the day, and with a lease that is committed; so whatever
-- could still be charged names a lease that is seen here. A lease is closed by the transaction that has read everything
-- before its close in the log; what comes after the close is late. And the floor of retention is held where it is until
-- the transaction ends, so a row that is not seen was not dropped.

-- An attempt in which nothing ran is given back.
ALTER TABLE request_claims DROP CONSTRAINT request_claims_attempts_check;
ALTER TABLE request_claims ADD CONSTRAINT request_claims_attempts_check CHECK (attempts >= 0);

-- A UUIDv7 with the time of 'at' and the other bits of 'id', a UUIDv7 too.
CREATE FUNCTION uuid_v7_at(at timestamptz, id uuid) RETURNS uuid
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(overlay(uuid_send(id) PLACING substring(int8send(floor(extract(epoch FROM at) * 1000)::bigint) FROM 3)
                          FROM 1 FOR 6), 'hex')::uuid
$$;

-- Claims requests[i] of accounts[i] with the content hashes[i]; new_ids[i] lends its random bits to an id that is needed.
-- The answers: 'claimed' (run it under claimed_id, with a lease of claimed_day), 'paid' (the same, and a row is charged
-- already: no lease), 'other_content', 'attempts_spent', 'expired' (retention reaches its day tomorrow, or has), 'settling'
-- (its day is over, and whether it was charged is not certain yet).
-- The rows are locked in the order of their key.
CREATE FUNCTION claim_requests(accounts uuid[], requests uuid[], hashes bytea[], new_ids uuid[], most_attempts integer)
    RETURNS TABLE (place bigint, answer text, claimed_id uuid, claimed_day date, paid_lease uuid, paid_at timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today    date := (now() AT TIME ZONE 'UTC')::date;
    kept     date;
    wanted   record;
    claim    request_claims;
    settled  boolean;
BEGIN
    SELECT r.floor INTO STRICT kept FROM usage_retention r;
    FOR wanted IN
        SELECT u.account, u.request, u.hash, uuid_v7_at(now(), u.new_id) AS fresh_id, u.n
        FROM unnest(accounts, requests, hashes, new_ids) WITH ORDINALITY AS u (account, request, hash, new_id, n)
        ORDER BY u.account, u.request, u.n
    LOOP
        place := wanted.n;
        paid_lease := NULL;
        paid_at := NULL;
        INSERT INTO request_claims (user_id, request_id, execution_id, day, content_hash)
        VALUES (wanted.account, wanted.request, wanted.fresh_id, today, wanted.hash)
        ON CONFLICT DO NOTHING
        RETURNING * INTO claim;
        IF FOUND THEN
            answer := 'claimed';
        ELSE
            SELECT c.* INTO claim FROM request_claims c
            WHERE c.user_id = wanted.account AND c.request_id = wanted.request FOR UPDATE;
            IF NOT FOUND THEN
                -- Retention took it away this very moment.
                answer := 'expired';
            ELSIF claim.content_hash <> wanted.hash THEN
                answer := 'other_content';
            ELSIF claim.day <= kept THEN
                answer := 'expired';
            ELSIF claim.attempts >= most_attempts THEN
                answer := 'attempts_spent';
            ELSE
                -- Leases before rows, each with a snapshot of its own: a row comes with its lease's last change at the
                -- latest.
                settled := claim.day < today AND NOT EXISTS (
                    SELECT FROM quota_leases q
                    WHERE q.user_id = wanted.account AND q.day = claim.day AND q.state <> 'closed');
                SELECT l.lease_id, l.admitted_at INTO paid_lease, paid_at FROM usage_logs l
                WHERE l.day = claim.day AND l.execution_id = claim.execution_id AND l.charged;
                IF FOUND THEN
                    answer := 'paid';
                ELSIF claim.day < today AND NOT settled THEN
                    answer := 'settling';
                ELSE
                    answer := 'claimed';
                    IF settled THEN
                        claim.execution_id := wanted.fresh_id;
                        claim.day := today;
                    END IF;
                END IF;
                IF answer <> 'settling' THEN
                    UPDATE request_claims c
                    SET execution_id = claim.execution_id, day = claim.day, attempts = c.attempts + 1
                    WHERE c.user_id = wanted.account AND c.request_id = wanted.request;
                END IF;
            END IF;
        END IF;
        claimed_id := claim.execution_id;
        claimed_day := claim.day;
        RETURN NEXT;
    END LOOP;
END
$$;

-- Gives attempts back in which nothing ran; one of an id that the request does not have any more counts on.
CREATE FUNCTION return_request_attempts(accounts uuid[], requests uuid[], execution_ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    unused record;
BEGIN
    FOR unused IN
        SELECT u.account, u.request, u.id
        FROM unnest(accounts, requests, execution_ids) AS u (account, request, id) ORDER BY u.account, u.request
    LOOP
        UPDATE request_claims c SET attempts = c.attempts - 1
        WHERE c.user_id = unused.account AND c.request_id = unused.request AND c.execution_id = unused.id
          AND c.attempts > 0;
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION uuid_v7_at(timestamptz, uuid), claim_requests(uuid[], uuid[], bytea[], uuid[], integer),
    return_request_attempts(uuid[], uuid[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_requests(uuid[], uuid[], bytea[], uuid[], integer),
    return_request_attempts(uuid[], uuid[], uuid[]) TO wasmwiz_executor;

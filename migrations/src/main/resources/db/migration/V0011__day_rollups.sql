-- Sums of the day beside those of the hour: thirty days of an account with fifty modules are 72,000 rollups of the hour, too
-- many to add up while somebody waits, and a twenty-fourth as many of the day.
--
-- Workers built for an older schema keep none: stop them before this is applied. reconcile names what one left out.

CREATE TABLE usage_day_rollups (
    user_id           uuid    NOT NULL,
    -- UTC day of admission.
    day               date    NOT NULL,
    -- NULL: calls without a key.
    api_key_id        uuid,
    module_digest     bytea   NOT NULL CHECK (octet_length(module_digest) = 32),
    status            text    NOT NULL,
    tier              text    NOT NULL,
    runs              bigint  NOT NULL CHECK (runs > 0),
    charged           bigint  NOT NULL CHECK (charged >= 0),
    wall_time_us      numeric NOT NULL CHECK (wall_time_us >= 0),
    cpu_time_us       numeric NOT NULL CHECK (cpu_time_us >= 0),
    input_bytes       numeric NOT NULL CHECK (input_bytes >= 0),
    output_bytes      numeric NOT NULL CHECK (output_bytes >= 0),
    -- The highest of one run.
    peak_memory_bytes bigint  NOT NULL CHECK (peak_memory_bytes >= 0),
    CONSTRAINT usage_day_rollups_key UNIQUE NULLS NOT DISTINCT (user_id, day, api_key_id, module_digest, status, tier),
    CONSTRAINT usage_day_rollups_charged_at_most_runs CHECK (charged <= runs)
-- Room to change a row in its page: no index has what changes.
) WITH (fillfactor = 60);
-- For letting go of old days only; rows come nearly in the order of time.
CREATE INDEX usage_day_rollups_day ON usage_day_rollups USING brin (day);

INSERT INTO usage_day_rollups
SELECT user_id, (hour AT TIME ZONE 'UTC')::date, api_key_id, module_digest, status, tier, sum(runs), sum(charged),
       sum(wall_time_us), sum(cpu_time_us), sum(input_bytes), sum(output_bytes), max(peak_memory_bytes)
FROM usage_rollups GROUP BY 1, 2, 3, 4, 5, 6;

ALTER TABLE usage_day_rollups ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage_day_rollups TO wasmwiz_executor USING (user_id = current_account_id());
CREATE POLICY metering ON usage_day_rollups TO wasmwiz_metering USING (true);
CREATE POLICY reader ON usage_day_rollups FOR SELECT TO wasmwiz_reader USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_day_rollups TO wasmwiz_metering;
GRANT SELECT ON usage_day_rollups TO wasmwiz_executor, wasmwiz_reader;

-- An account's rows in the order of the log. An order outside of a view that is a security barrier cannot use an index: each
-- page of an export was read whole and sorted before its first row was sent.
CREATE VIEW account_usage_log_order WITH (security_barrier) AS
    SELECT * FROM usage_logs WHERE user_id = current_account_id() ORDER BY log_generation, log_partition, log_offset;
GRANT SELECT ON account_usage_log_order TO wasmwiz_executor;

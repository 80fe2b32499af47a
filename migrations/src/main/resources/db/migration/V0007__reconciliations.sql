-- Results of the workers' own reconciliations: the newest is what every worker's metrics show, also after a restart.
CREATE TABLE reconciliations (
    id          bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    -- The first day that was looked at.
    since       date        NOT NULL,
    -- When the snapshot of the books was taken.
    as_of       timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT now(),
    log_records bigint      NOT NULL CHECK (log_records >= 0),
    rows        bigint      NOT NULL CHECK (rows >= 0),
    leases      bigint      NOT NULL CHECK (leases >= 0),
    counters    bigint      NOT NULL CHECK (counters >= 0),
    -- Disagreements; 'findings' has the first of them, in words.
    drift       bigint      NOT NULL CHECK (drift >= 0),
    findings    text[]      NOT NULL,
    CONSTRAINT reconciliations_finished_after_snapshot CHECK (finished_at >= as_of),
    CONSTRAINT reconciliations_findings_of_drift CHECK (cardinality(findings) <= least(drift, 100))
);

GRANT SELECT, INSERT, DELETE ON reconciliations TO wasmwiz_metering;
GRANT SELECT ON reconciliations TO wasmwiz_reader;
-- Rows of an account that is gone have no counter: whether one is gone is all that they ask.
GRANT SELECT (id) ON users TO wasmwiz_metering;
CREATE POLICY metering ON users FOR SELECT TO wasmwiz_metering USING (true);

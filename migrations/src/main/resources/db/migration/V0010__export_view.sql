-- A view has the columns that its table had when it was made: this one lacked log_generation, which an export reads by.
CREATE OR REPLACE VIEW account_usage_logs WITH (security_barrier) AS
    SELECT * FROM usage_logs WHERE user_id = current_account_id();

-- An export ends at the stored positions of its snapshot. The partitions' positions tell of no account.
GRANT SELECT (topic, partition, topic_id, next_offset) ON log_positions TO wasmwiz_executor;

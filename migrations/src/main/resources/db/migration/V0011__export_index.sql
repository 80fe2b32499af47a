-- A page of an export is the next rows of an account in one partition of the log: without this it would sort days of rows
-- for each few thousand that it sends. Rows of a partition come in the order of their offsets, so inserts are at its ends.
CREATE INDEX usage_logs_place ON usage_logs (user_id, log_generation, log_partition, log_offset);

-- A view has the columns that its table had when it was made: this one lacked log_generation, which an export reads by.
CREATE OR REPLACE VIEW account_usage_logs WITH (security_barrier) AS
    SELECT * FROM usage_logs WHERE user_id = current_account_id();

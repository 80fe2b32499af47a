package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.admission.LeaseGrant.Allowance;
import io.wasmwiz.executor.database.AccountTransactions;
import io.wasmwiz.service.database.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * Daily allowances in PostgreSQL: one short transaction a lease, by PostgreSQL's clock, under the lock of the account's
 * counter row. Thread-safe.
 */
final class PostgresQuotaLeases implements QuotaLeases {
    private static final int QUERY_SECONDS = 2;

    private final AccountTransactions transactions;
    private final TimedIds ids;
    private final String executorId;
    private final Duration leaseDuration;
    private final int maxLeaseSize;

    PostgresQuotaLeases(Jdbi jdbi, TimedIds ids, String executorId, Duration leaseDuration, int maxLeaseSize) {
        this.transactions = new AccountTransactions(jdbi);
        this.ids = ids;
        this.executorId = executorId;
        this.leaseDuration = leaseDuration;
        this.maxLeaseSize = maxLeaseSize;
    }

    @Override
    public LeaseGrant grant(LeaseRequest request) {
        try {
            return transactions.in(request.accountId(), handle -> grant(handle, request));
        } catch (RuntimeException e) {
            throw Database.isUnavailable(e) ? new StoreUnavailableException(e) : e;
        }
    }

    private LeaseGrant grant(Handle handle, LeaseRequest request) {
        Day day = lockDay(handle, request)
                .or(() -> {
                    openDay(handle, request);
                    return lockDay(handle, request);
                })
                .orElseThrow(() -> new IllegalStateException("there is no tier " + request.tier()));
        Allowance before = day.allowance();
        long limit = Math.min(before.limit(), request.ceiling());
        long size =
                LeaseSize.of(before.limit(), limit - before.held(), request.wanted(), request.waiting(), maxLeaseSize);
        if (size == 0) {
            return new LeaseGrant.Spent(day.now(), day.end(), before);
        }
        UUID leaseId = ids.at(day.now());
        Instant useBy = take(handle, request, leaseId, size);
        Allowance after = new Allowance(
                before.limit(),
                before.charged(),
                before.held() + size,
                before.executionsPerMinute(),
                before.tierVersion());
        return new LeaseGrant.Granted(leaseId, day.now(), useBy, size, after);
    }

    private record Day(Instant now, Instant end, Allowance allowance) {}

    // now() is when the transaction began, however long the lock took: the day and the lease's times agree.
    private static final String LOCK_DAY = """
            SELECT now() AS now, (c.day + 1)::timestamp AT TIME ZONE 'UTC' AS day_end, c.charged, c.held,
                   t.executions_per_day, t.executions_per_minute, t.version
            FROM subscription_tiers t
            JOIN daily_tier_counters c ON c.tier = t.name
            WHERE t.name = :tier AND c.user_id = :account AND c.day = (now() AT TIME ZONE 'UTC')::date
            FOR NO KEY UPDATE OF c
            """;

    private static Optional<Day> lockDay(Handle handle, LeaseRequest request) {
        return handle.createQuery(LOCK_DAY)
                .setQueryTimeout(QUERY_SECONDS)
                .bind("tier", request.tier())
                .bind("account", request.accountId())
                .map((row, context) -> day(row))
                .findOne();
    }

    private static Day day(ResultSet row) throws SQLException {
        return new Day(
                instant(row, "now"),
                instant(row, "day_end"),
                new Allowance(
                        row.getLong("executions_per_day"),
                        row.getLong("charged"),
                        row.getLong("held"),
                        row.getInt("executions_per_minute"),
                        row.getInt("version")));
    }

    private static final String OPEN_DAY = """
            INSERT INTO daily_tier_counters (user_id, tier, day)
            SELECT :account, t.name, (now() AT TIME ZONE 'UTC')::date FROM subscription_tiers t WHERE t.name = :tier
            ON CONFLICT DO NOTHING
            """;

    private static void openDay(Handle handle, LeaseRequest request) {
        handle.createUpdate(OPEN_DAY)
                .setQueryTimeout(QUERY_SECONDS)
                .bind("account", request.accountId())
                .bind("tier", request.tier())
                .execute();
    }

    private static final String TAKE = """
            WITH raised AS (
              UPDATE daily_tier_counters SET held = held + :size
              WHERE user_id = :account AND tier = :tier AND day = (now() AT TIME ZONE 'UTC')::date
              RETURNING day)
            INSERT INTO quota_leases (id, user_id, tier, day, size, executor, granted_at, use_by)
            SELECT :lease, :account, :tier, day, :size, :executor, now(),
                   least(now() + :durationMillis * interval '1 millisecond', (day + 1)::timestamp AT TIME ZONE 'UTC')
            FROM raised
            RETURNING use_by
            """;

    private Instant take(Handle handle, LeaseRequest request, UUID leaseId, long size) {
        return handle.createQuery(TAKE)
                .setQueryTimeout(QUERY_SECONDS)
                .bind("size", size)
                .bind("account", request.accountId())
                .bind("tier", request.tier())
                .bind("lease", leaseId)
                .bind("executor", executorId)
                .bind("durationMillis", leaseDuration.toMillis())
                .map((row, context) -> instant(row, "use_by"))
                .one();
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}

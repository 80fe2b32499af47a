package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.admission.QuotaAnswer.DayCount;
import io.wasmwiz.executor.admission.QuotaAnswer.LeaseGrant;
import io.wasmwiz.executor.admission.QuotaAnswer.TierLimits;
import io.wasmwiz.executor.admission.QuotaRequest.Ask;
import io.wasmwiz.executor.admission.QuotaRequest.KeyAsk;
import io.wasmwiz.executor.database.AccountTransactions;
import io.wasmwiz.service.database.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * The allowances in PostgreSQL: one statement a trip, by PostgreSQL's clock, under the lock of the account's counter row.
 * The rules are those of the function {@code take_quota}. Thread-safe.
 */
final class PostgresQuotaStore implements QuotaStore {
    private static final int QUERY_SECONDS = 2;

    private final Jdbi jdbi;
    private final AccountTransactions transactions;
    private final TimedIds ids;
    private final AdmissionConfig config;

    PostgresQuotaStore(Jdbi jdbi, TimedIds ids, AdmissionConfig config) {
        this.jdbi = jdbi;
        this.transactions = new AccountTransactions(jdbi);
        this.ids = ids;
        this.config = config;
    }

    private static final String TAKE = """
            SELECT * FROM take_quota(:account, :tier, :executor, :maxBlock,
                :lease, :leaseMillis, :dayWanted, :dayWaiting, :recallMillis,
                CAST(:minute AS timestamptz), :minuteWanted, :minuteWaiting,
                CAST(:key AS uuid), :keyDayLimit, :keyDayWanted, :keyDayWaiting,
                :keyMinuteLimit, :keyMinuteWanted, :keyMinuteWaiting)
            """;

    @Override
    public QuotaAnswer take(QuotaRequest request) {
        @Nullable KeyAsk key = request.key().orElse(null);
        Ask keyDay = key == null ? Ask.NOTHING : key.day();
        Ask keyMinute = key == null ? Ask.NOTHING : key.minute();
        // The function says itself whose rows it means: one trip.
        return orUnavailable(() -> jdbi.withHandle(handle -> handle.createQuery(TAKE)
                .setQueryTimeout(QUERY_SECONDS)
                .bind("account", request.accountId())
                .bind("tier", request.tier())
                .bind("executor", config.executorId())
                .bind("maxBlock", (long) config.maxLeaseSize())
                .bind("lease", ids.at(Instant.EPOCH))
                .bind("leaseMillis", config.leaseDuration().toMillis())
                .bind("dayWanted", request.day().wanted())
                .bind("dayWaiting", request.day().waiting())
                .bind("recallMillis", config.recallWait().toMillis())
                .bind(
                        "minute",
                        request.minuteStart()
                                .map(minute -> minute.atOffset(ZoneOffset.UTC))
                                .orElse(null))
                .bind("minuteWanted", request.minute().wanted())
                .bind("minuteWaiting", request.minute().waiting())
                .bind("key", key == null ? null : key.keyId())
                .bind("keyDayLimit", key == null ? 0L : key.dayLimit())
                .bind("keyDayWanted", keyDay.wanted())
                .bind("keyDayWaiting", keyDay.waiting())
                .bind("keyMinuteLimit", key == null ? 0L : key.minuteLimit())
                .bind("keyMinuteWanted", keyMinute.wanted())
                .bind("keyMinuteWaiting", keyMinute.waiting())
                .map((row, context) -> answer(row))
                .one()));
    }

    private static QuotaAnswer answer(ResultSet row) throws SQLException {
        OptionalLong held = optional(row, "held");
        long units = row.getLong("day_units");
        String spent = row.getString("spent");
        return new QuotaAnswer(
                instant(row, "asked_at"),
                instant(row, "day_end"),
                instant(row, "minute_start"),
                new TierLimits(row.getLong("day_limit"), row.getLong("minute_limit"), row.getInt("tier_version")),
                held.isEmpty() ? Optional.empty() : Optional.of(new DayCount(row.getLong("charged"), held.getAsLong())),
                optional(row, "minute_granted"),
                optional(row, "key_day_granted"),
                optional(row, "key_minute_granted"),
                units == 0
                        ? Optional.empty()
                        : Optional.of(new LeaseGrant(
                                row.getObject("granted_lease", UUID.class), instant(row, "use_by"), units)),
                row.getLong("minute_units"),
                row.getLong("key_day_units"),
                row.getLong("key_minute_units"),
                Optional.ofNullable(spent).map(word -> Dimension.valueOf(word.toUpperCase(Locale.ROOT))),
                row.getBoolean("returning_soon"));
    }

    private static final String RECALLED = """
            SELECT id, user_id, tier FROM quota_leases
            WHERE executor = :executor AND recalled_at IS NOT NULL AND state = 'open'
            ORDER BY recalled_at DESC LIMIT 10000
            """;

    @Override
    public List<RecalledLease> recalled() {
        return acrossAccounts(handle -> handle.createQuery(RECALLED)
                .setQueryTimeout(QUERY_SECONDS)
                .bind("executor", config.executorId())
                .map((row, context) -> new RecalledLease(
                        row.getObject("id", UUID.class), row.getObject("user_id", UUID.class), row.getString("tier")))
                .list());
    }

    // Skips what metering has locked: it locks many at once, and the next time will do.
    private static final String RENEW = """
            WITH usable AS (
              SELECT id FROM quota_leases
              WHERE id = ANY (:ids) AND state = 'open' AND use_by > now() AND recalled_at IS NULL
              FOR NO KEY UPDATE SKIP LOCKED)
            UPDATE quota_leases l
            SET use_by = greatest(use_by, least(now() + :durationMillis * interval '1 millisecond',
                                                (day + 1)::timestamp AT TIME ZONE 'UTC'))
            FROM usable WHERE l.id = usable.id
            RETURNING l.id, (extract(epoch FROM use_by - now()) * 1000000)::bigint AS usable_micros
            """;

    @Override
    public Map<UUID, Duration> renew(Collection<UUID> leaseIds) {
        return acrossAccounts(handle -> handle
                .createQuery(RENEW)
                .setQueryTimeout(QUERY_SECONDS)
                .bindArray("ids", UUID.class, leaseIds.toArray())
                .bind("durationMillis", config.leaseDuration().toMillis())
                .map((row, context) -> Map.entry(
                        row.getObject("id", UUID.class),
                        Duration.ofNanos(Math.multiplyExact(1_000L, row.getLong("usable_micros")))))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    }

    private static final String GIVE_BACK = """
            UPDATE key_grants SET granted = granted - :units
            WHERE api_key_id = :key AND period = 'day' AND starts_at = :day
            """;

    @Override
    public void giveBack(UUID keyId, Instant dayStart, long units) {
        acrossAccounts(handle -> handle.createUpdate(GIVE_BACK)
                .setQueryTimeout(QUERY_SECONDS)
                .bind("units", units)
                .bind("key", keyId)
                .bind("day", dayStart.atOffset(ZoneOffset.UTC))
                .execute());
    }

    private <T> T acrossAccounts(HandleCallback<T, RuntimeException> work) {
        return orUnavailable(() -> transactions.acrossForQuota(work));
    }

    private static <T> T orUnavailable(Supplier<T> work) {
        try {
            return work.get();
        } catch (RuntimeException e) {
            throw Database.isUnavailable(e) ? new StoreUnavailableException(e) : e;
        }
    }

    private static OptionalLong optional(ResultSet row, String column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}

package io.wasmwiz.executor.claims;

import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import io.wasmwiz.executor.claims.BatchClaim.Day;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/**
 * Claims of batches in PostgreSQL, whose functions {@code claim_batch} and {@code find_batch_items} hold the rules and whose
 * clock tells the day: a trip for a batch, and one for any number of items. Thread-safe; does not own the pool.
 */
public final class PostgresBatchClaims implements BatchClaims {
    private static final int QUERY_SECONDS = 2;
    private static final String CLAIM = "SELECT * FROM claim_batch(:account, :batch, :id)";
    private static final String FIND =
            "SELECT * FROM find_batch_items(:account, :batch, CAST(:days AS date[]), :ids) ORDER BY place";

    private final Jdbi jdbi;
    private final TimeBasedEpochGenerator ids = new TimeBasedEpochGenerator(new SecureRandom());

    /** Claims by {@code jdbi}, which learns to bind arrays. */
    public PostgresBatchClaims(Jdbi jdbi) {
        this.jdbi = jdbi;
        jdbi.registerArrayType(UUID.class, "uuid");
        jdbi.registerArrayType(String.class, "text");
    }

    private record Row(String answer, Optional<Day> day) {}

    @Override
    public BatchClaim claim(UUID accountId, UUID batchId) {
        List<Row> rows = jdbi.inTransaction(handle -> handle.createQuery(CLAIM)
                .setQueryTimeout(QUERY_SECONDS)
                .bind("account", accountId)
                .bind("batch", batchId)
                .bind("id", ids.generate())
                .map((row, context) -> row(row))
                .list());
        return switch (rows.get(0).answer()) {
            case "claimed" ->
                new BatchClaim.Granted(
                        batchId,
                        rows.stream().flatMap(row -> row.day().stream()).toList());
            case "expired" -> new BatchClaim.Refused(Claim.Reason.EXPIRED);
            case "settling" -> new BatchClaim.Refused(Claim.Reason.SETTLING);
            default ->
                throw new IllegalStateException(
                        "claim_batch answered " + rows.get(0).answer());
        };
    }

    private static Row row(ResultSet row) throws SQLException {
        LocalDate day = row.getObject("claimed_day", LocalDate.class);
        UUID seed = row.getObject("claimed_seed", UUID.class);
        return new Row(row.getString("answer"), day == null ? Optional.empty() : Optional.of(new Day(day, seed)));
    }

    private record Paid(int place, Claim.Payment payment, boolean mayRun) {}

    @Override
    public List<BatchClaim.Item> find(UUID accountId, BatchClaim.Granted batch, List<Named> items) {
        // Day after day, so that the place divided by the number of items is the day.
        List<BatchClaim.Item> wanted =
                new ArrayList<>(items.size() * batch.days().size());
        for (Day day : batch.days()) {
            for (Named item : items) {
                wanted.add(new BatchClaim.Item(
                        day.executionId(item.itemId(), item.content()), day.day(), Optional.empty(), true));
            }
        }
        List<BatchClaim.Item> found = new ArrayList<>(wanted.subList(0, items.size()));
        Map<Integer, Paid> paid = new HashMap<>();
        query(accountId, batch.batchId(), wanted).forEach(row -> paid.put(row.place(), row));
        paid.forEach((place, row) -> {
            BatchClaim.Item item = wanted.get(place);
            found.set(
                    place % items.size(),
                    new BatchClaim.Item(item.executionId(), item.day(), Optional.of(row.payment()), row.mayRun()));
        });
        return found;
    }

    private List<Paid> query(UUID accountId, UUID batchId, List<BatchClaim.Item> wanted) {
        return jdbi.inTransaction(handle -> handle.createQuery(FIND)
                .setQueryTimeout(QUERY_SECONDS)
                .bind("account", accountId)
                .bind("batch", batchId)
                .bindArray(
                        "days",
                        String.class,
                        wanted.stream().map(item -> item.day().toString()).toArray())
                .bindArray(
                        "ids",
                        UUID.class,
                        wanted.stream().map(BatchClaim.Item::executionId).toArray())
                .map((row, context) -> new Paid(
                        row.getInt("place") - 1,
                        new Claim.Payment(
                                row.getObject("paid_lease", UUID.class),
                                row.getObject("paid_at", OffsetDateTime.class).toInstant()),
                        row.getBoolean("may_run")))
                .list());
    }
}

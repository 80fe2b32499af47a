package io.wasmwiz.executor.claims;

import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;

/**
 * Claims in PostgreSQL, whose function {@code claim_requests} holds the rules and whose clock tells the day: one trip for
 * any number. Thread-safe; does not own the pool.
 */
public final class PostgresRequestClaims implements RequestClaims {
    private static final int QUERY_SECONDS = 2;
    private static final String CLAIM = """
            SELECT * FROM claim_requests(:accounts, :requests, CAST(:hashes AS bytea[]), :ids, :maxAttempts)
            ORDER BY place
            """;
    private static final String GIVE_BACK = "SELECT return_request_attempts(:accounts, :requests, :ids)";

    private final Jdbi jdbi;
    private final int maxAttempts;
    private final TimeBasedEpochGenerator ids = new TimeBasedEpochGenerator(new SecureRandom());

    /**
     * Claims by {@code jdbi}, which learns to bind arrays.
     *
     * @param maxAttempts attempts of one request, at least 1
     */
    public PostgresRequestClaims(Jdbi jdbi, int maxAttempts) {
        this.jdbi = jdbi;
        jdbi.registerArrayType(UUID.class, "uuid");
        jdbi.registerArrayType(String.class, "text");
        this.maxAttempts = maxAttempts;
    }

    @Override
    public List<Claim> claim(List<Request> requests) {
        return jdbi.inTransaction(handle -> handle.createQuery(CLAIM)
                .setQueryTimeout(QUERY_SECONDS)
                .bindArray("accounts", UUID.class, accounts(requests.stream().map(Request::key)))
                .bindArray("requests", UUID.class, requestIds(requests.stream().map(Request::key)))
                .bindArray(
                        "hashes",
                        String.class,
                        requests.stream()
                                .map(request -> "\\x" + request.content())
                                .toArray())
                .bindArray(
                        "ids",
                        UUID.class,
                        requests.stream().map(request -> ids.generate()).toArray())
                .bind("maxAttempts", maxAttempts)
                .map((row, context) -> claim(row))
                .list());
    }

    private static Claim claim(ResultSet row) throws SQLException {
        String answer = row.getString("answer");
        return switch (answer) {
            case "claimed" -> granted(row, Optional.empty());
            case "paid" ->
                granted(
                        row,
                        Optional.of(new Claim.Payment(
                                row.getObject("paid_lease", UUID.class),
                                row.getObject("paid_at", OffsetDateTime.class).toInstant())));
            case "other_content" -> new Claim.Refused(Claim.Reason.OTHER_CONTENT);
            case "attempts_spent" -> new Claim.Refused(Claim.Reason.ATTEMPTS_SPENT);
            case "expired" -> new Claim.Refused(Claim.Reason.EXPIRED);
            case "settling" -> new Claim.Refused(Claim.Reason.SETTLING);
            default -> throw new IllegalStateException("claim_requests answered " + answer);
        };
    }

    private static Claim granted(ResultSet row, Optional<Claim.Payment> payment) throws SQLException {
        return new Claim.Granted(
                row.getObject("claimed_id", UUID.class), row.getObject("claimed_day", LocalDate.class), payment);
    }

    @Override
    public void giveBack(List<Attempt> attempts) {
        jdbi.useTransaction(handle -> handle.createQuery(GIVE_BACK)
                .setQueryTimeout(QUERY_SECONDS)
                .bindArray("accounts", UUID.class, accounts(attempts.stream().map(Attempt::key)))
                .bindArray("requests", UUID.class, requestIds(attempts.stream().map(Attempt::key)))
                .bindArray(
                        "ids",
                        UUID.class,
                        attempts.stream().map(Attempt::executionId).toArray())
                .mapTo(String.class)
                .list());
    }

    private static Object[] accounts(Stream<RequestKey> keys) {
        return keys.map(RequestKey::accountId).toArray();
    }

    private static Object[] requestIds(Stream<RequestKey> keys) {
        return keys.map(RequestKey::requestId).toArray();
    }
}

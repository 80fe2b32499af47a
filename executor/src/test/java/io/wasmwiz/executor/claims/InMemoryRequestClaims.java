package io.wasmwiz.executor.claims;

import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;

/** Claims in memory, beside a ledger, leases and a retention floor that the test moves. Thread-safe. */
public final class InMemoryRequestClaims implements RequestClaims {
    private record Row(UUID executionId, LocalDate day, ContentHash content, int attempts) {}

    private record OpenLease(UUID accountId, LocalDate day) {}

    private final TimeBasedEpochGenerator ids = new TimeBasedEpochGenerator(new Random(1));
    private final LocalDate today;
    private final int maxAttempts;
    private final Map<RequestKey, Row> rows = new HashMap<>();
    private final Map<UUID, Claim.Payment> charged = new HashMap<>();
    private final Map<UUID, OpenLease> leases = new HashMap<>();
    private final List<Integer> batches = new ArrayList<>();
    private LocalDate floor = LocalDate.EPOCH;

    /** On the UTC day {@code today}. */
    public InMemoryRequestClaims(LocalDate today, int maxAttempts) {
        this.today = today;
        this.maxAttempts = maxAttempts;
    }

    @Override
    public synchronized List<Claim> claim(List<Request> requests) {
        batches.add(requests.size());
        return requests.stream().map(this::claim).toList();
    }

    private Claim claim(Request request) {
        Row row = rows.get(request.key());
        if (row == null) {
            return granted(request.key(), new Row(freshId(), today, request.content(), 1));
        }
        if (!row.content().equals(request.content())) {
            return new Claim.Refused(Claim.Reason.OTHER_CONTENT);
        }
        if (!row.day().isAfter(floor)) {
            return new Claim.Refused(Claim.Reason.EXPIRED);
        }
        if (row.attempts() >= maxAttempts) {
            return new Claim.Refused(Claim.Reason.ATTEMPTS_SPENT);
        }
        boolean isOver = row.day().isBefore(today) && !charged.containsKey(row.executionId());
        if (isOver && leases.containsValue(new OpenLease(request.key().accountId(), row.day()))) {
            return new Claim.Refused(Claim.Reason.SETTLING);
        }
        return granted(
                request.key(),
                new Row(
                        isOver ? freshId() : row.executionId(),
                        isOver ? today : row.day(),
                        row.content(),
                        row.attempts() + 1));
    }

    private Claim granted(RequestKey key, Row row) {
        rows.put(key, row);
        return new Claim.Granted(row.executionId(), row.day(), Optional.ofNullable(charged.get(row.executionId())));
    }

    private UUID freshId() {
        return ids.construct(today.atTime(12, 0).toInstant(ZoneOffset.UTC).toEpochMilli());
    }

    @Override
    public synchronized void giveBack(List<Attempt> attempts) {
        for (Attempt attempt : attempts) {
            rows.computeIfPresent(
                    attempt.key(),
                    (key, row) -> row.executionId().equals(attempt.executionId()) && row.attempts() > 0
                            ? new Row(row.executionId(), row.day(), row.content(), row.attempts() - 1)
                            : row);
        }
    }

    /** Lets {@code days} pass for a claim. */
    public synchronized void age(RequestKey key, int days) {
        rows.computeIfPresent(
                key,
                (same, row) -> new Row(row.executionId(), row.day().minusDays(days), row.content(), row.attempts()));
    }

    /** Puts a charged row on the ledger. */
    public synchronized void charge(UUID execution, Claim.Payment payment) {
        charged.put(execution, payment);
    }

    synchronized void open(UUID lease, UUID account, LocalDate day) {
        leases.put(lease, new OpenLease(account, day));
    }

    synchronized void close(UUID lease) {
        leases.remove(lease);
    }

    synchronized void floor(LocalDate day) {
        floor = day;
    }

    /** Attempts that count, 0 for a request that never came. */
    public synchronized int attempts(RequestKey key) {
        Row row = rows.get(key);
        return row == null ? 0 : row.attempts();
    }

    /** How many were claimed at once, oldest first. */
    public synchronized List<Integer> batches() {
        return List.copyOf(batches);
    }
}

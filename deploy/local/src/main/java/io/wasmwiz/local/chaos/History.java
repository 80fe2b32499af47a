package io.wasmwiz.local.chaos;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;

/** The shortest history of an execution: its call, its rows, its lease, and what went wrong around it. */
final class History {
    private static final Duration BEFORE = Duration.ofSeconds(5);
    private static final Duration AFTER = Duration.ofSeconds(15);

    private static final String ROW = "SELECT to_jsonb(u)::text FROM usage_logs u WHERE execution_id = :id";
    private static final String ROW_OF_CALL = """
            SELECT user_id AS account, execution_id, request_id, input_bytes FROM usage_logs WHERE execution_id = :id
            """;
    private static final int CANDIDATES_AT_MOST = 10;
    private static final String LEASE = """
            SELECT to_jsonb(l)::text FROM quota_leases l
            WHERE id IN (SELECT lease_id FROM usage_logs WHERE execution_id = :id)
            """;

    private History() {}

    /** One line each; {@code begun} is when the schedule began. */
    static List<String> of(UUID executionId, Jdbi owner, List<Call> calls, List<Fault> schedule, Instant begun) {
        List<String> lines = new ArrayList<>();
        lines.add("execution " + executionId);
        for (String query : List.of(ROW, LEASE)) {
            owner.useHandle(handle -> handle.createQuery(query)
                    .bind("id", executionId)
                    .mapTo(String.class)
                    .forEach(row -> lines.add((query.equals(ROW) ? "row    " : "lease  ") + row)));
        }
        List<Call> own = new ArrayList<>(calls.stream()
                .filter(call -> executionId.equals(call.executionId()))
                .toList());
        if (own.isEmpty()) {
            // No reply named it: the calls that it may have been.
            own.addAll(candidates(executionId, owner, calls));
        }
        own.forEach(call -> lines.add("call   " + call));
        own.stream().findFirst().ifPresent(call -> {
            Duration from = Duration.between(begun, call.started()).minus(BEFORE);
            Duration to = Duration.between(begun, call.ended()).plus(AFTER);
            schedule.stream()
                    .filter(fault -> fault.at().compareTo(to) < 0 && fault.end().compareTo(from) > 0)
                    .forEach(fault -> lines.add("fault  " + fault));
        });
        return lines;
    }

    private static List<Call> candidates(UUID executionId, Jdbi owner, List<Call> calls) {
        return owner.withHandle(handle -> handle.createQuery(ROW_OF_CALL)
                        .bind("id", executionId)
                        .registerRowMapper(ConstructorMapper.factory(ChargedRow.class))
                        .mapTo(ChargedRow.class)
                        .findFirst())
                .map(row -> calls.stream()
                        .filter(call -> call.account().equals(row.account())
                                && (row.requestId() == null
                                        ? call.inputBytes() == row.inputBytes()
                                        : row.requestId().equals(call.requestId())))
                        .limit(CANDIDATES_AT_MOST)
                        .toList())
                .orElse(List.of());
    }
}

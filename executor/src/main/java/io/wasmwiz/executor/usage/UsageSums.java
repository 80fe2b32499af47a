package io.wasmwiz.executor.usage;

import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.modules.ModuleDigest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Sums of an account's executions. Methods block and throw the database's exceptions unchecked. Thread-safe. */
public interface UsageSums {
    /** More sums than this are refused. */
    int MAX_SUMS = 10_000;

    /**
     * The sums that {@code query} asks for, by time and then by group.
     *
     * @throws io.wasmwiz.executor.refusal.RefusedException when there are more than {@link #MAX_SUMS}
     */
    List<Sum> of(UUID accountId, Query query);

    /** Length of time of one sum, by UTC. */
    enum Period {
        HOUR,
        DAY,
        MONTH
    }

    /** What to take sums apart by. */
    enum Group {
        API_KEY,
        MODULE,
        STATUS,
        TIER
    }

    /** Which sums, of whole hours: {@code [from, before)}. */
    record Query(Instant from, Instant before, Period period, Set<Group> groups) {
        public Query {
            groups = Set.copyOf(groups);
        }
    }

    /** One sum; what is not grouped by is empty, and so is the key of calls without one. Saturates at 2^63 - 1. */
    record Sum(
            Instant periodStart,
            Optional<UUID> apiKeyId,
            Optional<ModuleDigest> module,
            Optional<ExecutionStatus> status,
            Optional<String> tier,
            long runs,
            long charged,
            long failures,
            long wallTimeMicros,
            long cpuTimeMicros,
            long inputBytes,
            long outputBytes,
            long peakMemoryBytes) {}
}

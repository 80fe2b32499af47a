package io.wasmwiz.executor.grpc;

import com.google.protobuf.Timestamp;
import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.export.ExportFilter;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.refusal.FieldViolation;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.executor.usage.UsageSums;
import io.wasmwiz.v1.ExportUsageRequest;
import io.wasmwiz.v1.QueryUsageRequest;
import io.wasmwiz.v1.QueryUsageResponse;
import io.wasmwiz.v1.UsageGroup;
import io.wasmwiz.v1.UsagePeriod;
import io.wasmwiz.v1.UsageSum;
import io.wasmwiz.v1.WatchQuotaRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Requests for usage to plain values, with every fault of a request at once, and sums back. Stateless. */
final class UsageRequests {
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");
    private static final Duration LONGEST_RANGE = Duration.ofDays(3_660);
    private static final int DEFAULT_WATCH_MILLIS = 1_000;
    private static final int SHORTEST_WATCH_MILLIS = 200;
    private static final int LONGEST_WATCH_MILLIS = 60_000;
    private static final String UUID_FORM = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";

    private UsageRequests() {}

    static ExportFilter filter(ExportUsageRequest request) {
        List<FieldViolation> faults = new ArrayList<>();
        Optional<Instant> from = time(faults, "admitted_from", request.hasAdmittedFrom(), request.getAdmittedFrom());
        Optional<Instant> before =
                time(faults, "admitted_before", request.hasAdmittedBefore(), request.getAdmittedBefore());
        if (from.isPresent() && before.isPresent() && !from.get().isBefore(before.get())) {
            faults.add(new FieldViolation(
                    "admitted_before", "TIME_RANGE_INVALID", "admitted_before must be after admitted_from"));
        }
        String key = request.getApiKeyId();
        require(
                faults,
                key.isEmpty() || key.matches(UUID_FORM),
                "api_key_id",
                "API_KEY_ID_INVALID",
                "api_key_id must be empty or a UUID in lower case with hyphens");
        String digest = request.getModuleDigest();
        require(
                faults,
                digest.isEmpty() || digest.matches("[0-9a-f]{64}"),
                "module_digest",
                "MODULE_DIGEST_INVALID",
                "module_digest must be empty or 64 lower-case hex digits");
        Set<ExecutionStatus> statuses = EnumSet.noneOf(ExecutionStatus.class);
        request.getStatusesList().forEach(status -> {
            boolean known = status != io.wasmwiz.v1.ExecutionStatus.UNRECOGNIZED
                    && status != io.wasmwiz.v1.ExecutionStatus.EXECUTION_STATUS_UNSPECIFIED;
            require(
                    faults,
                    known && statuses.add(toStatus(status)),
                    "statuses",
                    "STATUSES_INVALID",
                    "statuses must be different and known, and not EXECUTION_STATUS_UNSPECIFIED");
        });
        refuse(faults);
        return new ExportFilter(
                from,
                before,
                key.isEmpty() ? Optional.empty() : Optional.of(UUID.fromString(key)),
                digest.isEmpty() ? Optional.empty() : ModuleDigest.parse(digest),
                statuses);
    }

    static UsageSums.Query query(QueryUsageRequest request) {
        List<FieldViolation> faults = new ArrayList<>();
        Optional<Instant> from = time(faults, "from", true, request.getFrom());
        Optional<Instant> before = time(faults, "before", true, request.getBefore());
        Instant start = from.orElse(Instant.EPOCH);
        Instant end = before.orElse(LAST);
        require(
                faults,
                request.hasFrom()
                        && request.hasBefore()
                        && isWholeHour(start)
                        && isWholeHour(end)
                        && start.isBefore(end)
                        && Duration.between(start, end).compareTo(LONGEST_RANGE) <= 0,
                "before",
                "TIME_RANGE_INVALID",
                "from and before must be whole hours (UTC), before after from, and at most %d days apart"
                        .formatted(LONGEST_RANGE.toDays()));
        require(
                faults,
                request.getPeriod() != UsagePeriod.USAGE_PERIOD_UNSPECIFIED
                        && request.getPeriod() != UsagePeriod.UNRECOGNIZED,
                "period",
                "USAGE_PERIOD_INVALID",
                "period must be hour, day or month");
        Set<UsageSums.Group> groups = EnumSet.noneOf(UsageSums.Group.class);
        for (UsageGroup group : request.getGroupByList()) {
            require(
                    faults,
                    group != UsageGroup.USAGE_GROUP_UNSPECIFIED
                            && group != UsageGroup.UNRECOGNIZED
                            && groups.add(UsageSums.Group.valueOf(group.name().substring("USAGE_GROUP_".length()))),
                    "group_by",
                    "GROUP_BY_INVALID",
                    "group_by must be different ones of API key, module, status and tier");
        }
        refuse(faults);
        return new UsageSums.Query(
                start,
                end,
                UsageSums.Period.valueOf(request.getPeriod().name().substring("USAGE_PERIOD_".length())),
                groups);
    }

    static Duration interval(WatchQuotaRequest request) {
        int millis = request.getIntervalMs() == 0 ? DEFAULT_WATCH_MILLIS : request.getIntervalMs();
        if (millis < SHORTEST_WATCH_MILLIS || millis > LONGEST_WATCH_MILLIS) {
            throw new RefusedException(new Refusal.InvalidFields(
                    "interval_ms",
                    "WATCH_INTERVAL_INVALID",
                    "interval_ms must be 0 or %d to %d".formatted(SHORTEST_WATCH_MILLIS, LONGEST_WATCH_MILLIS)));
        }
        return Duration.ofMillis(millis);
    }

    static QueryUsageResponse toProto(List<UsageSums.Sum> sums) {
        QueryUsageResponse.Builder response = QueryUsageResponse.newBuilder();
        for (UsageSums.Sum sum : sums) {
            response.addSums(UsageSum.newBuilder()
                    .setPeriodStart(ProtoMapper.toTimestamp(sum.periodStart()))
                    .setApiKeyId(sum.apiKeyId().map(UUID::toString).orElse(""))
                    .setModuleDigest(sum.module().map(ModuleDigest::toString).orElse(""))
                    .setStatus(sum.status()
                            .map(status -> io.wasmwiz.v1.ExecutionStatus.valueOf("EXECUTION_STATUS_" + status.name()))
                            .orElse(io.wasmwiz.v1.ExecutionStatus.EXECUTION_STATUS_UNSPECIFIED))
                    .setTier(sum.tier().orElse(""))
                    .setRuns(sum.runs())
                    .setCharged(sum.charged())
                    .setFailures(sum.failures())
                    .setWallTimeUs(sum.wallTimeMicros())
                    .setCpuTimeUs(sum.cpuTimeMicros())
                    .setInputBytes(sum.inputBytes())
                    .setOutputBytes(sum.outputBytes())
                    .setPeakMemoryBytes(sum.peakMemoryBytes()));
        }
        return response.build();
    }

    private static ExecutionStatus toStatus(io.wasmwiz.v1.ExecutionStatus status) {
        return ExecutionStatus.valueOf(status.name().substring("EXECUTION_STATUS_".length()));
    }

    private static boolean isWholeHour(Instant time) {
        return time.truncatedTo(ChronoUnit.HOURS).equals(time);
    }

    // The ledger's times are whole microseconds, so rounding up leaves every comparison as it is.
    private static Optional<Instant> time(List<FieldViolation> faults, String field, boolean present, Timestamp time) {
        if (!present) {
            return Optional.empty();
        }
        if (time.getSeconds() < 0
                || time.getSeconds() > LAST.getEpochSecond()
                || time.getNanos() < 0
                || time.getNanos() > 999_999_999) {
            faults.add(new FieldViolation(field, "TIME_RANGE_INVALID", field + " must lie in the years 1970 to 9999"));
            return Optional.empty();
        }
        return Optional.of(
                Instant.ofEpochSecond(time.getSeconds(), time.getNanos() + 999L).truncatedTo(ChronoUnit.MICROS));
    }

    private static void require(
            List<FieldViolation> faults, boolean holds, String field, String reason, String description) {
        if (!holds) {
            faults.add(new FieldViolation(field, reason, description));
        }
    }

    private static void refuse(List<FieldViolation> faults) {
        if (!faults.isEmpty()) {
            throw new RefusedException(new Refusal.InvalidFields(faults));
        }
    }
}

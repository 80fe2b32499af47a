package io.wasmwiz.executor.export;

import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.modules.ModuleDigest;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Which of an account's executions are exported; all that is present must hold.
 *
 * @param admittedFrom at this time or later, whole microseconds
 * @param admittedBefore before this time, whole microseconds
 * @param statuses empty: all
 */
public record ExportFilter(
        Optional<Instant> admittedFrom,
        Optional<Instant> admittedBefore,
        Optional<UUID> apiKeyId,
        Optional<ModuleDigest> module,
        Set<ExecutionStatus> statuses) {
    public ExportFilter {
        statuses = Set.copyOf(statuses);
    }

    /** Whether few of many rows may pass, so that a page must not look for too long. */
    boolean isSelective() {
        return apiKeyId.isPresent() || module.isPresent() || !statuses.isEmpty();
    }

    /** Whether executions of a UTC day may pass. An execution's day is that of its admission. */
    boolean concerns(LocalDate day) {
        return admittedFrom
                        .map(from -> !day.isBefore(from.atOffset(ZoneOffset.UTC).toLocalDate()))
                        .orElse(true)
                && admittedBefore
                        .map(before ->
                                day.atStartOfDay().toInstant(ZoneOffset.UTC).isBefore(before))
                        .orElse(true);
    }

    /** The condition, for the end of a WHERE clause. Made of numbers, times, hex digits and known words only. */
    String condition() {
        StringBuilder sql = new StringBuilder();
        admittedFrom.ifPresent(
                from -> sql.append(" AND admitted_at >= '").append(from).append('\''));
        admittedBefore.ifPresent(
                before -> sql.append(" AND admitted_at < '").append(before).append('\''));
        apiKeyId.ifPresent(key -> sql.append(" AND api_key_id = '").append(key).append('\''));
        module.ifPresent(
                digest -> sql.append(" AND module_digest = '\\x").append(digest).append('\''));
        if (!statuses.isEmpty()) {
            sql.append(" AND status IN (").append(words("'", "', '", "'")).append(')');
        }
        return sql.toString();
    }

    /** Tells this filter from every other. */
    String fingerprint() {
        return "%s|%s|%s|%s|%s"
                .formatted(
                        admittedFrom.map(Instant::toString).orElse(""),
                        admittedBefore.map(Instant::toString).orElse(""),
                        apiKeyId.map(UUID::toString).orElse(""),
                        module.map(ModuleDigest::toString).orElse(""),
                        words("", ",", ""));
    }

    private String words(String before, String between, String after) {
        Set<String> words = new TreeSet<>();
        statuses.forEach(status -> words.add(status.name().toLowerCase(Locale.ROOT)));
        return words.isEmpty() ? "" : before + String.join(between, words) + after;
    }
}

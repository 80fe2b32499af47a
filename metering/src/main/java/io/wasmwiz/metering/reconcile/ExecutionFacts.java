package io.wasmwiz.metering.reconcile;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Timestamps;
import io.wasmwiz.events.v1.ExecutionEvent;
import java.nio.ByteBuffer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is said of one execution, by an event or by a row, in the same words.
 *
 * @param day the UTC day inside the id
 * @param leaseId lease that pays; null: none
 * @param figures everything else, by column
 */
record ExecutionFacts(
        UUID executionId,
        LocalDate day,
        UUID accountId,
        String tier,
        @Nullable UUID leaseId,
        Map<String, String> figures) {
    private static final long MILLIS_PER_DAY = 86_400_000L;
    private static final String NONE = "";

    static ExecutionFacts of(ExecutionEvent event) {
        UUID id = uuid(event.getExecutionId());
        Map<String, String> figures = new LinkedHashMap<>();
        figures.put("api_key_id", text(optionalUuid(event.getApiKeyId())));
        figures.put(
                "module_digest",
                HexFormat.of().formatHex(event.getModuleDigest().toByteArray()));
        figures.put("tier_version", Integer.toString(event.getTierVersion()));
        figures.put("request_id", text(optionalUuid(event.getRequestId())));
        figures.put("batch_id", text(optionalUuid(event.getBatchId())));
        figures.put("item_id", event.getItemId());
        figures.put("status", word(event.getStatus().name(), "EXECUTION_STATUS_"));
        figures.put("exit_code", event.hasExitCode() ? Integer.toString(event.getExitCode()) : NONE);
        figures.put(
                "trap", event.getTrapValue() == 0 ? NONE : word(event.getTrap().name(), "TRAP_KIND_"));
        figures.put("admitted_at", Long.toString(Timestamps.toMicros(event.getAdmittedAt())));
        figures.put("wall_time_us", Long.toString(event.getWallTimeUs()));
        figures.put("cpu_time_us", Long.toString(event.getCpuTimeUs()));
        figures.put("queue_time_us", Long.toString(event.getQueueTimeUs()));
        figures.put("peak_memory_bytes", Long.toString(event.getPeakMemoryBytes()));
        figures.put("module_bytes", Long.toString(event.getModuleBytes()));
        figures.put("input_bytes", Long.toString(event.getInputBytes()));
        figures.put("output_bytes", Long.toString(event.getOutputBytes()));
        figures.put("cache_hit", Boolean.toString(event.getCacheHit()));
        figures.put("output_truncated", Boolean.toString(event.getOutputTruncated()));
        figures.put("output_lost", Boolean.toString(event.getOutputLost()));
        return new ExecutionFacts(
                id,
                LocalDate.ofEpochDay((id.getMostSignificantBits() >>> 16) / MILLIS_PER_DAY),
                uuid(event.getUserId()),
                event.getTier(),
                optionalUuid(event.getLeaseId()),
                figures);
    }

    /** Reads the columns that {@link Books} selects. */
    static ExecutionFacts of(ResultSet row) throws SQLException {
        Map<String, String> figures = new LinkedHashMap<>();
        for (String column : Books.FIGURES) {
            String value = row.getString(column);
            figures.put(column, value == null ? NONE : value);
        }
        return new ExecutionFacts(
                row.getObject("execution_id", UUID.class),
                row.getObject("day", LocalDate.class),
                row.getObject("user_id", UUID.class),
                row.getString("tier"),
                row.getObject("lease_id", UUID.class),
                figures);
    }

    /** Names what {@code row} says otherwise; empty when it says the same. */
    String differencesTo(ExecutionFacts row) {
        Map<String, String> mine = all();
        Map<String, String> theirs = row.all();
        StringBuilder differences = new StringBuilder();
        for (String field : new TreeSet<>(mine.keySet())) {
            if (!Objects.equals(mine.get(field), theirs.get(field))) {
                differences
                        .append(differences.isEmpty() ? "" : ", ")
                        .append(field)
                        .append(" is ")
                        .append(theirs.get(field))
                        .append(" and should be ")
                        .append(mine.get(field));
            }
        }
        return differences.toString();
    }

    private Map<String, String> all() {
        Map<String, String> all = new LinkedHashMap<>(figures);
        all.put("day", day.toString());
        all.put("user_id", accountId.toString());
        all.put("tier", tier);
        all.put("lease_id", text(leaseId));
        return all;
    }

    static UUID uuid(ByteString bytes) {
        ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    private static @Nullable UUID optionalUuid(ByteString bytes) {
        return bytes.isEmpty() ? null : uuid(bytes);
    }

    private static String text(@Nullable UUID id) {
        return id == null ? NONE : id.toString();
    }

    private static String word(String name, String prefix) {
        return name.substring(prefix.length()).toLowerCase(Locale.ROOT);
    }
}

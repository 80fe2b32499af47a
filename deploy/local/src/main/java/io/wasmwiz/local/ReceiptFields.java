package io.wasmwiz.local;

import com.google.protobuf.Timestamp;
import io.wasmwiz.v1.Receipt;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A receipt as texts under the names of the ledger's columns, for comparing it with its row. */
final class ReceiptFields {
    private ReceiptFields() {}

    /** Every field but {@code quota_remaining}, which is the moment's view and not stored. */
    static Map<String, String> of(Receipt receipt) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("execution_id", receipt.getExecutionId());
        fields.put("status", word(receipt.getStatus().name(), "EXECUTION_STATUS_"));
        fields.put("exit_code", receipt.hasExitCode() ? String.valueOf(receipt.getExitCode()) : "");
        fields.put("trap", word(receipt.getTrap().name(), "TRAP_KIND_"));
        fields.put("admitted_at", instant(receipt.getAdmittedAt()).toString());
        fields.put("module_digest", receipt.getModuleDigest());
        fields.put("wall_time_us", String.valueOf(receipt.getWallTimeUs()));
        fields.put("cpu_time_us", String.valueOf(receipt.getCpuTimeUs()));
        fields.put("queue_time_us", String.valueOf(receipt.getQueueTimeUs()));
        fields.put("peak_memory_bytes", String.valueOf(receipt.getPeakMemoryBytes()));
        fields.put("module_bytes", String.valueOf(receipt.getModuleBytes()));
        fields.put("input_bytes", String.valueOf(receipt.getInputBytes()));
        fields.put("output_bytes", String.valueOf(receipt.getOutputBytes()));
        fields.put("cache_hit", String.valueOf(receipt.getCacheHit()));
        fields.put("output_truncated", String.valueOf(receipt.getOutputTruncated()));
        fields.put("output_lost", String.valueOf(receipt.getOutputLost()));
        fields.put("charged", String.valueOf(receipt.getCharged()));
        fields.put("tier", receipt.getTier());
        fields.put("tier_version", String.valueOf(receipt.getTierVersion()));
        fields.put("lease_id", receipt.getLeaseId());
        fields.put("request_id", receipt.getRequestId());
        fields.put("batch_id", receipt.getBatchId());
        fields.put("item_id", receipt.getItemId());
        return fields;
    }

    private static String word(String constant, String prefix) {
        String word = constant.substring(prefix.length()).toLowerCase(Locale.ROOT);
        return word.equals("unspecified") ? "" : word;
    }

    private static Instant instant(Timestamp timestamp) {
        return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
    }
}

package io.wasmwiz.cli.export;

import com.google.protobuf.Timestamp;
import io.wasmwiz.v1.Receipt;
import io.wasmwiz.v1.TrapKind;
import io.wasmwiz.v1.UsageRow;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A column of every format, named as the ledger names it.
 *
 * @param optional whether a row may have no value, which is null
 * @param value a {@code String}, {@code Long}, {@code Boolean} or {@code Instant}, as {@code kind} says
 */
record Column(String name, Kind kind, boolean optional, Function<UsageRow, @Nullable Object> value) {
    /** What a column holds. */
    enum Kind {
        TEXT,
        NUMBER,
        FLAG,
        /** To the microsecond. */
        TIME
    }

    /** All of them, in their order. */
    static final List<Column> ALL = List.of(
            text("execution_id", row -> row.getReceipt().getExecutionId()),
            text("status", row -> word(row.getReceipt().getStatus().name(), "EXECUTION_STATUS_")),
            new Column("exit_code", Kind.NUMBER, true, Column::exitCode),
            optional("trap", row -> trap(row.getReceipt().getTrap())),
            new Column(
                    "admitted_at",
                    Kind.TIME,
                    false,
                    row -> time(row.getReceipt().getAdmittedAt())),
            optional("api_key_id", UsageRow::getApiKeyId),
            text("module_digest", row -> row.getReceipt().getModuleDigest()),
            number("wall_time_us", Receipt::getWallTimeUs),
            number("cpu_time_us", Receipt::getCpuTimeUs),
            number("queue_time_us", Receipt::getQueueTimeUs),
            number("peak_memory_bytes", Receipt::getPeakMemoryBytes),
            number("module_bytes", Receipt::getModuleBytes),
            number("input_bytes", Receipt::getInputBytes),
            number("output_bytes", Receipt::getOutputBytes),
            flag("cache_hit", Receipt::getCacheHit),
            flag("output_truncated", Receipt::getOutputTruncated),
            flag("output_lost", Receipt::getOutputLost),
            flag("charged", Receipt::getCharged),
            optional("uncharged_cause", UsageRow::getUnchargedCause),
            text("tier", row -> row.getReceipt().getTier()),
            number("tier_version", receipt -> (long) receipt.getTierVersion()),
            optional("lease_id", row -> row.getReceipt().getLeaseId()),
            optional("request_id", row -> row.getReceipt().getRequestId()),
            optional("batch_id", row -> row.getReceipt().getBatchId()),
            optional("item_id", row -> row.getReceipt().getItemId()));

    @Nullable
    Object of(UsageRow row) {
        return value.apply(row);
    }

    private static Column text(String name, Function<UsageRow, @Nullable Object> value) {
        return new Column(name, Kind.TEXT, false, value);
    }

    /** Of text whose absence is an empty one. */
    private static Column optional(String name, Function<UsageRow, String> text) {
        return new Column(name, Kind.TEXT, true, row -> {
            String value = text.apply(row);
            return value.isEmpty() ? null : value;
        });
    }

    private static Column number(String name, Function<Receipt, Long> number) {
        return new Column(name, Kind.NUMBER, false, row -> number.apply(row.getReceipt()));
    }

    private static Column flag(String name, Function<Receipt, Boolean> flag) {
        return new Column(name, Kind.FLAG, false, row -> flag.apply(row.getReceipt()));
    }

    private static @Nullable Object exitCode(UsageRow row) {
        return row.getReceipt().hasExitCode() ? (long) row.getReceipt().getExitCode() : null;
    }

    private static String trap(TrapKind trap) {
        return trap == TrapKind.TRAP_KIND_UNSPECIFIED ? "" : word(trap.name(), "TRAP_KIND_");
    }

    // A word that this version does not know keeps its name: UNRECOGNIZED.
    private static String word(String name, String prefix) {
        return name.startsWith(prefix) ? name.substring(prefix.length()).toLowerCase(Locale.ROOT) : name;
    }

    private static Instant time(Timestamp time) {
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    }
}

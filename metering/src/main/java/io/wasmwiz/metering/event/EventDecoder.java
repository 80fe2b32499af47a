package io.wasmwiz.metering.event;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.events.v1.ExecutionLogRecord;
import io.wasmwiz.events.v1.ExecutionStatus;
import io.wasmwiz.events.v1.LeaseClosed;
import io.wasmwiz.events.v1.LeaseCloser;
import io.wasmwiz.events.v1.TrapKind;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Turns the bytes of a record into a value, refusing whatever the ledger's constraints would refuse, so that a row that
 * leaves here fits. Never throws. Thread-safe.
 */
public final class EventDecoder {
    /**
     * Days around today for which a row may exist. {@code ensure_usage_partition} makes partitions ten years back and one
     * year ahead; a few days less on both sides leave room for clocks that differ.
     */
    static final int MAX_DAYS_BACK = 3_650;

    static final int MAX_DAYS_AHEAD = 360;

    private static final Map<ExecutionStatus, String> STATUS =
            words(ExecutionStatus.class, ExecutionStatus.EXECUTION_STATUS_UNSPECIFIED, "EXECUTION_STATUS_");
    private static final Map<TrapKind, String> TRAP =
            words(TrapKind.class, TrapKind.TRAP_KIND_UNSPECIFIED, "TRAP_KIND_");

    private final Clock clock;

    public EventDecoder(Clock clock) {
        this.clock = clock;
    }

    /** Decodes one record. Both arrays may be null, as Kafka has it. */
    public Decoded decode(byte @Nullable [] key, byte @Nullable [] value) {
        if (value == null || value.length == 0) {
            return new Decoded.Dead(DeadReason.NO_VALUE, "the record has no value");
        }
        ExecutionLogRecord logRecord;
        try {
            logRecord = ExecutionLogRecord.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            return new Decoded.Dead(DeadReason.MALFORMED, "not an ExecutionLogRecord: " + e.getMessage());
        }
        return switch (logRecord.getRecordCase()) {
            case EXECUTION -> execution(key, logRecord.getExecution());
            case LEASE_CLOSED -> leaseClosed(key, logRecord.getLeaseClosed());
            case RECORD_NOT_SET -> unknown(logRecord.getUnknownFields());
        };
    }

    // A kind of record that this build does not know arrives as an unknown field that holds a message. Anything else
    // that happens to parse is no record of any version.
    private static Decoded unknown(UnknownFieldSet fields) {
        boolean messages = !fields.asMap().isEmpty()
                && fields.asMap().values().stream()
                        .allMatch(field -> !field.getLengthDelimitedList().isEmpty()
                                && field.getVarintList().isEmpty()
                                && field.getFixed32List().isEmpty()
                                && field.getFixed64List().isEmpty()
                                && field.getGroupList().isEmpty());
        return messages
                ? new Decoded.NewerSchema("the record is of a kind that this build does not know, field "
                        + fields.asMap().keySet())
                : new Decoded.Dead(DeadReason.MALFORMED, "neither an execution nor the end of a lease");
    }

    private Decoded execution(byte @Nullable [] key, ExecutionEvent message) {
        if (message.getStatus() == ExecutionStatus.UNRECOGNIZED) {
            return new Decoded.NewerSchema("execution status %d is not known".formatted(message.getStatusValue()));
        }
        if (message.getTrap() == TrapKind.UNRECOGNIZED) {
            return new Decoded.NewerSchema("trap kind %d is not known".formatted(message.getTrapValue()));
        }
        FieldCheck check = new FieldCheck();
        UUID executionId = check.uuidV7("execution_id", message.getExecutionId());
        UUID accountId = check.uuid("user_id", message.getUserId());
        Instant admittedAt = check.time("admitted_at", message.hasAdmittedAt(), message.getAdmittedAt());
        check.require(message.getStatus() != ExecutionStatus.EXECUTION_STATUS_UNSPECIFIED, "status must be set, was 0");
        LocalDate day = FieldCheck.dayOf(executionId);
        UsageEvent event = new UsageEvent(
                executionId,
                day,
                accountId,
                check.optionalUuid("api_key_id", message.getApiKeyId()),
                check.bytes("module_digest", message.getModuleDigest(), 32),
                check.text("tier", message.getTier(), 1, 64),
                check.positive("tier_version", message.getTierVersion()),
                check.optionalUuid("lease_id", message.getLeaseId()),
                check.optionalUuid("request_id", message.getRequestId()),
                check.optionalUuid("batch_id", message.getBatchId()),
                message.getItemId().isEmpty() ? null : check.text("item_id", message.getItemId(), 1, 128),
                STATUS.getOrDefault(message.getStatus(), ""),
                message.hasExitCode()
                        ? OptionalInt.of(check.range("exit_code", message.getExitCode(), 0, 255))
                        : OptionalInt.empty(),
                TRAP.get(message.getTrap()),
                admittedAt,
                check.figure("wall_time_us", message.getWallTimeUs()),
                check.figure("cpu_time_us", message.getCpuTimeUs()),
                check.figure("queue_time_us", message.getQueueTimeUs()),
                check.figure("peak_memory_bytes", message.getPeakMemoryBytes()),
                check.figure("module_bytes", message.getModuleBytes()),
                check.figure("input_bytes", message.getInputBytes()),
                check.figure("output_bytes", message.getOutputBytes()),
                message.getCacheHit(),
                message.getOutputTruncated(),
                message.getOutputLost(),
                message.getCharged());
        if (check.hasFaults()) {
            return new Decoded.Dead(DeadReason.BAD_FIELD, check.faults());
        }
        if (!isKeyOf(accountId, key)) {
            return keyMismatch(accountId);
        }
        LocalDate admissionDay = LocalDate.ofInstant(admittedAt, ZoneOffset.UTC);
        if (!admissionDay.equals(day)) {
            return new Decoded.Dead(
                    DeadReason.DAY_MISMATCH,
                    "execution_id is of %s and admitted_at of %s (UTC)".formatted(day, admissionDay));
        }
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        if (day.isBefore(today.minusDays(MAX_DAYS_BACK)) || day.isAfter(today.plusDays(MAX_DAYS_AHEAD))) {
            return new Decoded.Dead(
                    DeadReason.DAY_OUT_OF_RANGE,
                    "day %s must be within %d days before and %d days after %s"
                            .formatted(day, MAX_DAYS_BACK, MAX_DAYS_AHEAD, today));
        }
        return new Decoded.Execution(event);
    }

    private static Decoded leaseClosed(byte @Nullable [] key, LeaseClosed message) {
        if (message.getCloser() == LeaseCloser.UNRECOGNIZED) {
            return new Decoded.NewerSchema("lease closer %d is not known".formatted(message.getCloserValue()));
        }
        FieldCheck check = new FieldCheck();
        UUID leaseId = check.uuid("lease_id", message.getLeaseId());
        UUID accountId = check.uuid("user_id", message.getUserId());
        check.require(message.getCloser() != LeaseCloser.LEASE_CLOSER_UNSPECIFIED, "closer must be set, was 0");
        if (check.hasFaults()) {
            return new Decoded.Dead(DeadReason.BAD_FIELD, check.faults());
        }
        return isKeyOf(accountId, key) ? new Decoded.LeaseClosed(leaseId, accountId) : keyMismatch(accountId);
    }

    private static boolean isKeyOf(UUID accountId, byte @Nullable [] key) {
        return key != null && Arrays.equals(key, ExecutionLog.key(accountId).getBytes(StandardCharsets.UTF_8));
    }

    private static Decoded keyMismatch(UUID accountId) {
        return new Decoded.Dead(DeadReason.KEY_MISMATCH, "the record's key is not its user_id %s".formatted(accountId));
    }

    // The ledger's words are the schema's names without their prefix, in lower case.
    private static <E extends Enum<E>> Map<E, String> words(Class<E> type, E none, String prefix) {
        Map<E, String> words = new EnumMap<>(type);
        for (E value : EnumSet.complementOf(EnumSet.of(none))) {
            words.put(value, value.name().replace(prefix, "").toLowerCase(Locale.ROOT));
        }
        return words;
    }
}

package io.wasmwiz.metering.event;

import static io.wasmwiz.metering.EventFixture.bytes;
import static io.wasmwiz.metering.EventFixture.execution;
import static io.wasmwiz.metering.EventFixture.idAt;
import static io.wasmwiz.metering.EventFixture.key;
import static io.wasmwiz.metering.EventFixture.leaseClosed;
import static io.wasmwiz.metering.EventFixture.time;
import static io.wasmwiz.metering.EventFixture.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Timestamp;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.events.v1.ExecutionStatus;
import io.wasmwiz.events.v1.LeaseClosed;
import io.wasmwiz.events.v1.TrapKind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class EventDecoderTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00.123456Z");
    private static final UUID ACCOUNT = new UUID(1, 2);
    private static final UUID LEASE = new UUID(3, 4);

    private final EventDecoder decoder = new EventDecoder(Clock.fixed(NOW, ZoneOffset.UTC));

    @Test
    void readsEveryFieldOfAnExecution() {
        UUID id = idAt(NOW);
        ExecutionEvent.Builder sent = execution(ACCOUNT, LEASE, NOW)
                .setExecutionId(bytes(id))
                .setApiKeyId(bytes(new UUID(5, 6)))
                .setModuleDigest(ByteString.copyFrom(new byte[31]).concat(ByteString.copyFrom(new byte[] {9})))
                .setTier("Pro")
                .setTierVersion(7)
                .setRequestId(bytes(new UUID(7, 8)))
                .setBatchId(bytes(new UUID(9, 10)))
                .setItemId("item-1")
                .setStatus(ExecutionStatus.EXECUTION_STATUS_TRAPPED)
                .setExitCode(255)
                .setTrap(TrapKind.TRAP_KIND_STACK_OVERFLOW)
                .setOutputTruncated(true)
                .setOutputLost(true);

        UsageEvent event = executed(key(ACCOUNT), value(sent));

        byte[] digest = new byte[32];
        digest[31] = 9;
        assertThat(event)
                .usingRecursiveComparison()
                .isEqualTo(new UsageEvent(
                        id,
                        LocalDate.of(2026, 3, 1),
                        ACCOUNT,
                        new UUID(5, 6),
                        digest,
                        "Pro",
                        7,
                        LEASE,
                        new UUID(7, 8),
                        new UUID(9, 10),
                        "item-1",
                        "trapped",
                        OptionalInt.of(255),
                        "stack_overflow",
                        NOW,
                        1_500,
                        1_200,
                        30,
                        65_536,
                        2_048,
                        12,
                        34,
                        true,
                        true,
                        true,
                        true));
    }

    @Test
    void leavesOutWhatIsEmpty() {
        UsageEvent event = executed(
                key(ACCOUNT),
                value(execution(ACCOUNT, LEASE, NOW)
                        .clearApiKeyId()
                        .clearLeaseId()
                        .clearExitCode()));

        assertThat(event.apiKeyId()).isNull();
        assertThat(event.leaseId()).isNull();
        assertThat(event.requestId()).isNull();
        assertThat(event.batchId()).isNull();
        assertThat(event.itemId()).isNull();
        assertThat(event.trap()).isNull();
        assertThat(event.exitCode()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = ExecutionStatus.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"EXECUTION_STATUS_UNSPECIFIED", "UNRECOGNIZED"})
    void knowsEveryStatus(ExecutionStatus status) {
        assertThat(executed(key(ACCOUNT), value(execution(ACCOUNT, LEASE, NOW).setStatus(status)))
                        .status())
                .isIn("completed", "failed", "trapped", "timed_out", "cancelled", "memory_limit", "sandbox_crashed");
    }

    @ParameterizedTest
    @EnumSource(
            value = TrapKind.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"TRAP_KIND_UNSPECIFIED", "UNRECOGNIZED"})
    void knowsEveryTrap(TrapKind trap) {
        assertThat(executed(key(ACCOUNT), value(execution(ACCOUNT, LEASE, NOW).setTrap(trap)))
                        .trap())
                .isIn(
                        "unreachable",
                        "stack_overflow",
                        "memory_out_of_bounds",
                        "table_out_of_bounds",
                        "indirect_call_to_null",
                        "bad_signature",
                        "integer_overflow",
                        "integer_division_by_zero",
                        "bad_conversion_to_integer",
                        "heap_misaligned",
                        "instantiation",
                        "other");
    }

    static Stream<Arguments> badFields() {
        return Stream.of(
                bad("execution_id", e -> e.setExecutionId(ByteString.copyFrom(new byte[15]))),
                bad("execution_id", e -> e.setExecutionId(bytes(new UUID(0x4000, Long.MIN_VALUE)))),
                bad("user_id", ExecutionEvent.Builder::clearUserId),
                bad("api_key_id", e -> e.setApiKeyId(ByteString.copyFrom(new byte[17]))),
                bad("module_digest", e -> e.setModuleDigest(ByteString.copyFrom(new byte[31]))),
                bad("tier must be 1 to 64", ExecutionEvent.Builder::clearTier),
                bad("tier must be 1 to 64", e -> e.setTier("t".repeat(65))),
                bad("tier must not hold", e -> e.setTier("Fr\0ee")),
                bad("tier_version", ExecutionEvent.Builder::clearTierVersion),
                bad("tier_version", e -> e.setTierVersion(-1)),
                bad("lease_id", e -> e.setLeaseId(ByteString.copyFrom(new byte[1]))),
                bad("request_id", e -> e.setRequestId(ByteString.copyFrom(new byte[1]))),
                bad("batch_id", e -> e.setBatchId(ByteString.copyFrom(new byte[1]))),
                bad("item_id", e -> e.setItemId("i".repeat(129))),
                bad("item_id", e -> e.setItemId("\0")),
                bad("status", ExecutionEvent.Builder::clearStatus),
                bad("exit_code must be 0 to 255, was 256", e -> e.setExitCode(256)),
                bad("exit_code must be 0 to 255, was 4294967295", e -> e.setExitCode(-1)),
                bad("admitted_at must be set", ExecutionEvent.Builder::clearAdmittedAt),
                bad("admitted_at", e -> e.setAdmittedAt(Timestamp.newBuilder().setSeconds(Long.MAX_VALUE))),
                bad("admitted_at", e -> e.setAdmittedAt(Timestamp.newBuilder().setNanos(-1))),
                bad("admitted_at", e -> e.setAdmittedAt(Timestamp.newBuilder().setNanos(1_000_000_000))),
                bad("wall_time_us", e -> e.setWallTimeUs(-1)),
                bad("cpu_time_us", e -> e.setCpuTimeUs(-1)),
                bad("queue_time_us", e -> e.setQueueTimeUs(-1)),
                bad("peak_memory_bytes", e -> e.setPeakMemoryBytes(-1)),
                bad("module_bytes", e -> e.setModuleBytes(-1)),
                bad("input_bytes", e -> e.setInputBytes(-1)),
                bad("output_bytes", e -> e.setOutputBytes(Long.MIN_VALUE)));
    }

    private static Arguments bad(String complaint, Consumer<ExecutionEvent.Builder> change) {
        return Arguments.of(complaint, change);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badFields")
    void namesTheBadField(String complaint, Consumer<ExecutionEvent.Builder> change) {
        ExecutionEvent.Builder event = execution(ACCOUNT, LEASE, NOW);
        change.accept(event);

        Decoded.Dead dead = dead(key(ACCOUNT), value(event));

        assertThat(dead.reason()).isEqualTo(DeadReason.BAD_FIELD);
        assertThat(dead.detail()).contains(complaint).doesNotContain("\0");
    }

    @Test
    void namesAllBadFieldsAtOnce() {
        assertThat(dead(
                                key(ACCOUNT),
                                value(execution(ACCOUNT, LEASE, NOW)
                                        .setExitCode(256)
                                        .clearTier()))
                        .detail())
                .contains("exit_code", "tier");
    }

    @Test
    void countsCharactersAsTheDatabaseDoes() {
        String item = "\uD83D\uDE80".repeat(128);
        assertThat(executed(key(ACCOUNT), value(execution(ACCOUNT, LEASE, NOW).setItemId(item)))
                        .itemId())
                .isEqualTo(item);
    }

    @Test
    void refusesAKeyThatIsNotTheAccount() {
        byte[] value = value(execution(ACCOUNT, LEASE, NOW));
        assertThat(dead(key(LEASE), value).reason()).isEqualTo(DeadReason.KEY_MISMATCH);
        assertThat(dead(null, value).reason()).isEqualTo(DeadReason.KEY_MISMATCH);
        assertThat(dead(key(LEASE), value(leaseClosed(ACCOUNT, LEASE))).reason())
                .isEqualTo(DeadReason.KEY_MISMATCH);
    }

    @Test
    void refusesAnIdOfAnotherDay() {
        Instant midnight = Instant.parse("2026-03-02T00:00:00Z");
        Decoded.Dead dead = dead(
                key(ACCOUNT),
                value(execution(ACCOUNT, LEASE, midnight).setAdmittedAt(time(midnight.minusNanos(1_000)))));
        assertThat(dead.reason()).isEqualTo(DeadReason.DAY_MISMATCH);
        assertThat(dead.detail()).contains("2026-03-02", "2026-03-01");
    }

    @Test
    void refusesDaysForWhichNoPartitionMayBeMade() {
        for (Duration away : new Duration[] {Duration.ofDays(361), Duration.ofDays(-3_651)}) {
            assertThat(dead(key(ACCOUNT), value(execution(ACCOUNT, LEASE, NOW.plus(away))))
                            .reason())
                    .isEqualTo(DeadReason.DAY_OUT_OF_RANGE);
        }
        executed(key(ACCOUNT), value(execution(ACCOUNT, LEASE, NOW.plus(Duration.ofDays(360)))));
        executed(key(ACCOUNT), value(execution(ACCOUNT, LEASE, NOW.minus(Duration.ofDays(3_650)))));
    }

    @Test
    void readsTheEndOfALease() {
        assertThat(decoder.decode(key(ACCOUNT), value(leaseClosed(ACCOUNT, LEASE))))
                .isEqualTo(new Decoded.LeaseClosed(LEASE, ACCOUNT));
    }

    @Test
    void refusesABadEndOfALease() {
        assertThat(dead(key(ACCOUNT), value(leaseClosed(ACCOUNT, LEASE).clearLeaseId()))
                        .detail())
                .contains("lease_id");
        assertThat(dead(key(ACCOUNT), value(leaseClosed(ACCOUNT, LEASE).clearUserId()))
                        .detail())
                .contains("user_id");
        assertThat(dead(key(ACCOUNT), value(leaseClosed(ACCOUNT, LEASE).clearCloser()))
                        .detail())
                .contains("closer");
    }

    @Test
    void doesNotSkipWhatANewerProducerWrote() throws IOException {
        LeaseClosed.Builder close = leaseClosed(ACCOUNT, LEASE).setCloserValue(99);
        for (byte[] value : new byte[][] {
            value(execution(ACCOUNT, LEASE, NOW).setStatusValue(99)),
            value(execution(ACCOUNT, LEASE, NOW).setTrapValue(99)),
            value(close),
            recordOfKind(3)
        }) {
            assertThat(decoder.decode(key(ACCOUNT), value)).isInstanceOf(Decoded.NewerSchema.class);
        }
    }

    @Test
    void refusesBytesThatAreNoRecord() {
        assertThat(dead(key(ACCOUNT), null).reason()).isEqualTo(DeadReason.NO_VALUE);
        assertThat(dead(key(ACCOUNT), new byte[0]).reason()).isEqualTo(DeadReason.NO_VALUE);
        assertThat(dead(key(ACCOUNT), "not a record".getBytes(StandardCharsets.UTF_8))
                        .reason())
                .isEqualTo(DeadReason.MALFORMED);
        assertThat(dead(key(ACCOUNT), new byte[] {0x18, 0x01}).reason()).isEqualTo(DeadReason.MALFORMED);
    }

    @Test
    void neverThrowsOnAnyBytes() {
        long seed = 20_260_301;
        Random random = new Random(seed);
        byte[] valid = value(execution(ACCOUNT, LEASE, NOW).setItemId("item").setApiKeyId(bytes(LEASE)));
        for (int round = 0; round < 50_000; round++) {
            byte[] value = random.nextBoolean() ? mutated(valid, random) : random(random);
            byte[] key = random.nextInt(4) == 0 ? random(random) : key(ACCOUNT);
            assertThatCode(() -> decoder.decode(key, value))
                    .as("seed %d round %d value %s", seed, round, Arrays.toString(value))
                    .doesNotThrowAnyException();
        }
    }

    private static byte[] mutated(byte[] valid, Random random) {
        byte[] value = Arrays.copyOf(valid, random.nextInt(8) == 0 ? random.nextInt(valid.length) : valid.length);
        for (int i = 0; value.length > 0 && i <= random.nextInt(4); i++) {
            value[random.nextInt(value.length)] = (byte) random.nextInt();
        }
        return value;
    }

    private static byte[] random(Random random) {
        byte[] value = new byte[random.nextInt(64)];
        random.nextBytes(value);
        return value;
    }

    private static byte[] recordOfKind(int field) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeBytes(field, ByteString.copyFromUtf8("something new"));
        out.flush();
        return bytes.toByteArray();
    }

    private UsageEvent executed(byte[] key, byte[] value) {
        Decoded decoded = decoder.decode(key, value);
        assertThat(decoded).isInstanceOf(Decoded.Execution.class);
        return ((Decoded.Execution) decoded).event();
    }

    private Decoded.Dead dead(byte @Nullable [] key, byte @Nullable [] value) {
        Decoded decoded = decoder.decode(key, value);
        assertThat(decoded).isInstanceOf(Decoded.Dead.class);
        return (Decoded.Dead) decoded;
    }
}

package io.wasmwiz.executor.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import io.wasmwiz.executor.admission.QuotaFigures;
import io.wasmwiz.executor.execution.ExecuteCommand;
import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.execution.Receipt;
import io.wasmwiz.executor.execution.Requests;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.TrapKind;
import io.wasmwiz.executor.usage.QuotaCounts;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.GetQuotaResponse;
import io.wasmwiz.v1.Limits;
import io.wasmwiz.v1.ModuleRef;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProtoMapperTest {
    private static final UUID ID = UUID.fromString("0198a9e0-5a5e-7cc1-8a2b-0123456789ab");

    @Test
    void takesEveryFieldOfARequest() {
        ExecuteCommand command = ProtoMapper.toCommand(ExecuteRequest.newBuilder()
                .setModule(ModuleRef.newBuilder().setDigest("abc"))
                .setInput(ByteString.copyFromUtf8("in"))
                .addArgs("one")
                .addArgs("two")
                .putEnv("K", "v")
                .setLimits(Limits.newBuilder()
                        .setRunTime(Duration.newBuilder().setSeconds(1).setNanos(5))
                        .setMemoryBytes(65_536)
                        .setStdoutBytes(0)
                        .setStderrBytes(7))
                .setRequestId("id")
                .build());

        assertThat(command.module()).isEqualTo(new ExecuteCommand.Source.Digest("abc"));
        assertThat(command.input()).asString().isEqualTo("in");
        assertThat(command.arguments()).containsExactly("one", "two");
        assertThat(command.environment()).containsOnlyKeys("K").containsValue("v");
        assertThat(command.limits().runTime()).contains(java.time.Duration.ofSeconds(1, 5));
        assertThat(command.limits().memoryBytes()).hasValue(65_536);
        assertThat(command.limits().stdoutBytes()).hasValue(0);
        assertThat(command.limits().stderrBytes()).hasValue(7);
        assertThat(command.requestId()).isEqualTo("id");
    }

    @Test
    void tellsAbsentFromZero() {
        ExecuteCommand command = ProtoMapper.toCommand(ExecuteRequest.getDefaultInstance());

        assertThat(command.module()).isEqualTo(new ExecuteCommand.Source.None());
        assertThat(command.limits()).isEqualTo(ExecuteCommand.LimitsWish.none());
    }

    @Test
    void survivesExtremeNumbers() {
        ExecuteCommand.LimitsWish wish = ProtoMapper.toCommand(ExecuteRequest.newBuilder()
                        .setLimits(Limits.newBuilder()
                                .setRunTime(Duration.newBuilder()
                                        .setSeconds(Long.MAX_VALUE)
                                        .setNanos(Integer.MAX_VALUE))
                                .setMemoryBytes(-1)
                                .setStdoutBytes(-1))
                        .build())
                .limits();

        assertThat(wish.runTime()).hasValueSatisfying(time -> assertThat(time).isPositive());
        assertThat(wish.memoryBytes()).hasValue(Long.MAX_VALUE);
        assertThat(wish.stdoutBytes()).hasValue(4_294_967_295L);
    }

    @Test
    void writesEveryFieldOfAReceipt() {
        Receipt receipt = new Receipt(
                ID,
                ExecutionStatus.TRAPPED,
                OptionalInt.of(0),
                Optional.of(TrapKind.STACK_OVERFLOW),
                Instant.parse("2026-03-01T12:00:00.123456Z"),
                ModuleDigest.of(new byte[] {1}),
                1,
                2,
                3,
                4,
                5,
                6,
                7,
                true,
                true,
                true,
                true,
                "Free",
                8,
                9,
                Optional.of(ID),
                Optional.of(ID),
                Optional.of(ID),
                "item");

        io.wasmwiz.v1.Receipt proto = ProtoMapper.toProto(receipt);

        assertThat(proto.getAllFields())
                .hasSize(io.wasmwiz.v1.Receipt.getDescriptor().getFields().size());
        assertThat(proto.getExitCode()).isZero();
        assertThat(proto.getAdmittedAt())
                .isEqualTo(com.google.protobuf.Timestamp.newBuilder()
                        .setSeconds(1_772_366_400)
                        .setNanos(123_456_000)
                        .build());
        assertThat(proto.getExecutionId()).isEqualTo(ID.toString());
        assertThat(proto.getWallTimeUs()).isEqualTo(1);
        assertThat(proto.getCpuTimeUs()).isEqualTo(2);
        assertThat(proto.getQueueTimeUs()).isEqualTo(3);
        assertThat(proto.getPeakMemoryBytes()).isEqualTo(4);
        assertThat(proto.getModuleBytes()).isEqualTo(5);
        assertThat(proto.getInputBytes()).isEqualTo(6);
        assertThat(proto.getOutputBytes()).isEqualTo(7);
        assertThat(proto.getTierVersion()).isEqualTo(8);
        assertThat(proto.getQuotaRemaining()).isEqualTo(9);
    }

    @ParameterizedTest
    @EnumSource(ExecutionStatus.class)
    void hasAWordForEveryStatus(ExecutionStatus status) {
        assertThat(io.wasmwiz.v1.ExecutionStatus.valueOf("EXECUTION_STATUS_" + status.name())
                        .getNumber())
                .isPositive();
    }

    @ParameterizedTest
    @EnumSource(TrapKind.class)
    void hasAWordForEveryTrap(TrapKind trap) {
        assertThat(io.wasmwiz.v1.TrapKind.valueOf("TRAP_KIND_" + trap.name()).getNumber())
                .isPositive();
    }

    @Test
    void showsNothingAvailableWhenMoreIsHeldThanTheLimitThatWasLowered() {
        GetQuotaResponse quota = ProtoMapper.toProto(
                Requests.FREE,
                new QuotaCounts(
                        new QuotaCounts.Window(500, 700, Instant.EPOCH),
                        10,
                        12,
                        new QuotaCounts.Window(10, 4, Instant.EPOCH),
                        Optional.of(new QuotaCounts.Window(50, 20, Instant.EPOCH)),
                        Optional.empty()),
                new QuotaFigures.Unspent(3, 2));

        assertThat(quota.getDay().getAvailable()).isZero();
        assertThat(quota.getDay().getLimit()).isEqualTo(500);
        assertThat(quota.getDay().getCharged()).isEqualTo(10);
        assertThat(quota.getDay().getUnspentHere()).isEqualTo(3);
        assertThat(quota.getDay().getRemaining()).isEqualTo(3);
        assertThat(quota.getMinute().getAvailable()).isEqualTo(6);
        assertThat(quota.getMinute().getRemaining()).isEqualTo(8);
        assertThat(quota.getKeyDay().getRemaining()).isEqualTo(30);
        assertThat(quota.hasKeyMinute()).isFalse();
        assertThat(quota.getMemoryBytes()).isEqualTo(128L << 20);
        assertThat(quota.getRunTimeMs()).isEqualTo(5_000);
    }
}

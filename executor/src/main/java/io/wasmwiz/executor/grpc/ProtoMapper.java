package io.wasmwiz.executor.grpc;

import com.google.protobuf.Timestamp;
import com.google.protobuf.UnsafeByteOperations;
import io.wasmwiz.executor.admission.QuotaFigures;
import io.wasmwiz.executor.auth.Tier;
import io.wasmwiz.executor.execution.ExecuteCommand;
import io.wasmwiz.executor.execution.ExecuteCommand.InvocationWish;
import io.wasmwiz.executor.execution.ExecuteCommand.LimitsWish;
import io.wasmwiz.executor.execution.ExecuteCommand.Source;
import io.wasmwiz.executor.execution.Outcome;
import io.wasmwiz.executor.execution.Receipt;
import io.wasmwiz.executor.modules.ModuleProfiles;
import io.wasmwiz.executor.modules.StoredModule;
import io.wasmwiz.executor.sandbox.FileTree;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.usage.QuotaCounts;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.File;
import io.wasmwiz.v1.GetQuotaResponse;
import io.wasmwiz.v1.Invoke;
import io.wasmwiz.v1.Limits;
import io.wasmwiz.v1.Module;
import io.wasmwiz.v1.ModuleRef;
import io.wasmwiz.v1.QuotaWindow;
import io.wasmwiz.v1.TrapKind;
import io.wasmwiz.v1.Value;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/** Messages to plain values and back. Checks nothing: that is for the middle. Stateless. */
final class ProtoMapper {
    /** Longer than any limit, and short enough to compute with. */
    private static final long MAX_SECONDS = 1_000_000_000;

    private ProtoMapper() {}

    static ExecuteCommand toCommand(ExecuteRequest request) {
        return new ExecuteCommand(
                toSource(request.getModule()),
                request.getInput().toByteArray(),
                request.getArgsList(),
                request.getEnvMap(),
                request.getFilesList().stream().map(ProtoMapper::toFile).toList(),
                request.hasInvoke() ? Optional.of(toWish(request.getInvoke())) : Optional.empty(),
                toWish(request.getLimits()),
                request.getRequestId());
    }

    private static FileTree.File toFile(File file) {
        return new FileTree.File(file.getPath(), file.getContent().toByteArray());
    }

    private static Source toSource(ModuleRef ref) {
        return switch (ref.getSourceCase()) {
            case DIGEST -> new Source.Digest(ref.getDigest());
            case INLINE -> new Source.Inline(ref.getInline().toByteArray());
            case SOURCE_NOT_SET -> new Source.None();
        };
    }

    private static InvocationWish toWish(Invoke invoke) {
        return new InvocationWish(
                invoke.getExport(),
                invoke.getArgsList().stream().map(ProtoMapper::toValue).toList());
    }

    private static Optional<io.wasmwiz.executor.sandbox.Value> toValue(Value value) {
        return switch (value.getNumberCase()) {
            case I32 -> Optional.of(io.wasmwiz.executor.sandbox.Value.i32(value.getI32()));
            case I64 -> Optional.of(io.wasmwiz.executor.sandbox.Value.i64(value.getI64()));
            case F32 -> Optional.of(io.wasmwiz.executor.sandbox.Value.f32(value.getF32()));
            case F64 -> Optional.of(io.wasmwiz.executor.sandbox.Value.f64(value.getF64()));
            case NUMBER_NOT_SET -> Optional.empty();
        };
    }

    private static Value toProto(io.wasmwiz.executor.sandbox.Value value) {
        Value.Builder proto = Value.newBuilder();
        return switch (value.type()) {
            case I32 -> proto.setI32((int) value.bits()).build();
            case I64 -> proto.setI64(value.bits()).build();
            case F32 -> proto.setF32(Float.intBitsToFloat((int) value.bits())).build();
            case F64 -> proto.setF64(Double.longBitsToDouble(value.bits())).build();
        };
    }

    private static LimitsWish toWish(Limits limits) {
        return new LimitsWish(
                limits.hasRunTime() ? Optional.of(toDuration(limits.getRunTime())) : Optional.empty(),
                limits.hasMemoryBytes() ? OptionalLong.of(saturated(limits.getMemoryBytes())) : OptionalLong.empty(),
                limits.hasStdoutBytes()
                        ? OptionalLong.of(Integer.toUnsignedLong(limits.getStdoutBytes()))
                        : OptionalLong.empty(),
                limits.hasStderrBytes()
                        ? OptionalLong.of(Integer.toUnsignedLong(limits.getStderrBytes()))
                        : OptionalLong.empty());
    }

    private static Duration toDuration(com.google.protobuf.Duration duration) {
        long seconds = Math.max(-MAX_SECONDS, Math.min(MAX_SECONDS, duration.getSeconds()));
        return Duration.ofSeconds(seconds, duration.getNanos());
    }

    // Unsigned 64 bits: what Java shows as negative is beyond any limit.
    private static long saturated(long unsigned) {
        return unsigned < 0 ? Long.MAX_VALUE : unsigned;
    }

    static ExecuteResponse toResponse(Outcome.Completed completed) {
        return ExecuteResponse.newBuilder()
                .setStdout(UnsafeByteOperations.unsafeWrap(completed.stdout()))
                .setStderr(UnsafeByteOperations.unsafeWrap(completed.stderr()))
                .setStdoutTruncated(completed.stdoutTruncated())
                .setStderrTruncated(completed.stderrTruncated())
                .setMessage(completed.message())
                .addAllBacktrace(completed.backtrace())
                .addAllResults(
                        completed.results().stream().map(ProtoMapper::toProto).toList())
                .setReceipt(toProto(completed.receipt()))
                .setRepeated(completed.isRepeat())
                .build();
    }

    static io.wasmwiz.v1.Receipt toProto(Receipt receipt) {
        io.wasmwiz.v1.Receipt.Builder proto = io.wasmwiz.v1.Receipt.newBuilder()
                .setExecutionId(receipt.executionId().toString())
                .setStatus(ExecutionStatus.valueOf(
                        "EXECUTION_STATUS_" + receipt.status().name()))
                .setTrap(receipt.trap()
                        .map(trap -> TrapKind.valueOf("TRAP_KIND_" + trap.name()))
                        .orElse(TrapKind.TRAP_KIND_UNSPECIFIED))
                .setAdmittedAt(toTimestamp(receipt.admittedAt()))
                .setModuleDigest(receipt.moduleDigest().toString())
                .setWallTimeUs(receipt.wallTimeMicros())
                .setCpuTimeUs(receipt.cpuTimeMicros())
                .setQueueTimeUs(receipt.queueTimeMicros())
                .setPeakMemoryBytes(receipt.peakMemoryBytes())
                .setModuleBytes(receipt.moduleBytes())
                .setInputBytes(receipt.inputBytes())
                .setOutputBytes(receipt.outputBytes())
                .setCacheHit(receipt.cacheHit())
                .setOutputTruncated(receipt.outputTruncated())
                .setOutputLost(receipt.outputLost())
                .setCharged(receipt.charged())
                .setTier(receipt.tier())
                .setTierVersion(receipt.tierVersion())
                .setQuotaRemaining(receipt.quotaRemaining())
                .setLeaseId(toText(receipt.leaseId()))
                .setRequestId(toText(receipt.requestId()))
                .setBatchId(toText(receipt.batchId()))
                .setItemId(receipt.itemId());
        receipt.exitCode().ifPresent(proto::setExitCode);
        return proto.build();
    }

    static Module toProto(StoredModule module) {
        return Module.newBuilder()
                .setDigest(module.digest().toString())
                .setName(module.name())
                .setSizeBytes(module.sizeBytes())
                .setCreatedAt(toTimestamp(module.createdAt()))
                .setProfile(ModuleProfiles.toProto(module.findings()))
                .build();
    }

    /** For a page of many: without the details of imports and exports. */
    static Module toListed(StoredModule module) {
        Module.Builder listed = toProto(module).toBuilder();
        listed.getProfileBuilder().clearImportDetails().clearExportDetails();
        return listed.build();
    }

    static GetQuotaResponse toProto(Tier tier, QuotaCounts counts, QuotaFigures.Unspent unspent) {
        GetQuotaResponse.Builder quota = GetQuotaResponse.newBuilder()
                .setTier(tier.name())
                .setTierVersion(tier.version())
                .setDay(toProto(counts.day(), unspent.day())
                        .setCharged(counts.charged())
                        .setExecutions(counts.executions()))
                .setMinute(toProto(counts.minute(), unspent.minute()))
                .setExecutionsPerMinute(tier.executionsPerMinute())
                .setMemoryBytes((long) tier.memoryPages() * RunLimits.PAGE_BYTES)
                .setRunTimeMs(Math.toIntExact(tier.runTime().toMillis()))
                .setMaxConcurrency(tier.maxConcurrency());
        counts.keyDay().ifPresent(window -> quota.setKeyDay(toProto(window, 0)));
        counts.keyMinute().ifPresent(window -> quota.setKeyMinute(toProto(window, 0)));
        return quota.build();
    }

    private static QuotaWindow.Builder toProto(QuotaCounts.Window window, long unspentHere) {
        long available = Math.max(0, window.limit() - window.held());
        return QuotaWindow.newBuilder()
                .setLimit(window.limit())
                .setHeld(window.held())
                .setAvailable(available)
                .setResetsAt(toTimestamp(window.resetsAt()))
                .setUnspentHere(unspentHere)
                .setRemaining(Math.min(window.limit(), available + unspentHere));
    }

    static Timestamp toTimestamp(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }

    private static String toText(Optional<UUID> id) {
        return id.map(UUID::toString).orElse("");
    }
}

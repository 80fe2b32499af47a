package io.wasmwiz.executor.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.executor.admission.QuotaFigures;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.batch.BatchReplies;
import io.wasmwiz.executor.batch.BatchRequest;
import io.wasmwiz.executor.batch.BatchStream;
import io.wasmwiz.executor.batch.BatchTotals;
import io.wasmwiz.executor.batch.Batches;
import io.wasmwiz.executor.batch.ItemResult;
import io.wasmwiz.executor.execution.BatchItem;
import io.wasmwiz.executor.execution.Outcome;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.v1.BatchOpened;
import io.wasmwiz.v1.BatchOpening;
import io.wasmwiz.v1.BatchResult;
import io.wasmwiz.v1.BatchResults;
import io.wasmwiz.v1.BatchStatusCount;
import io.wasmwiz.v1.BatchSummary;
import io.wasmwiz.v1.ExecuteBatchRequest;
import io.wasmwiz.v1.ExecuteBatchResponse;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.ItemRefusal;
import java.util.List;
import java.util.OptionalLong;

/**
 * One {@code ExecuteBatch} call: its messages for a {@link BatchStream}, and that one's answers as messages. The stream
 * asks for each message, so no more than one that was not dealt with is here. Thread-safe as its two sides need it.
 */
final class BatchCall implements StreamObserver<ExecuteBatchRequest>, BatchReplies {
    private final ServerCallStreamObserver<ExecuteBatchResponse> response;
    private final QuotaFigures quotas;
    private final BatchStream stream;

    /** Begins a batch; to be made before the service method returns. */
    BatchCall(
            Batches batches,
            Caller caller,
            OptionalLong deadlineNanos,
            QuotaFigures quotas,
            ServerCallStreamObserver<ExecuteBatchResponse> response) {
        this.response = response;
        this.quotas = quotas;
        response.disableAutoRequest();
        this.stream = batches.begin(caller, this, deadlineNanos);
        response.setOnReadyHandler(stream::onReady);
        response.setOnCancelHandler(stream::onCancel);
    }

    @Override
    public void onNext(ExecuteBatchRequest message) {
        switch (message.getMessageCase()) {
            case OPENING -> stream.onOpening(toRequest(message.getOpening()));
            case ITEMS ->
                stream.onItems(message.getItems().getItemsList().stream()
                        .map(item ->
                                new BatchItem(item.getItemId(), item.getInput().toByteArray(), item.getArgsList()))
                        .toList());
            case MESSAGE_NOT_SET -> stream.onEmptyMessage();
        }
    }

    private static BatchRequest toRequest(BatchOpening opening) {
        return new BatchRequest(
                ProtoMapper.toCommand(opening.getShared()),
                opening.getBatchId(),
                opening.getOrdered(),
                Integer.toUnsignedLong(opening.getInFlight()),
                opening.getPaceByMinute());
    }

    @Override
    public void onCompleted() {
        stream.onHalfClose();
    }

    @Override
    public void onError(Throwable cancelled) {
        stream.onCancel();
    }

    @Override
    public boolean isReady() {
        return response.isReady();
    }

    @Override
    public void request() {
        response.request(1);
    }

    @Override
    public void opened(ModuleDigest module, int inFlight) {
        response.onNext(ExecuteBatchResponse.newBuilder()
                .setOpened(BatchOpened.newBuilder()
                        .setModuleDigest(module.toString())
                        .setInFlight(inFlight))
                .build());
    }

    @Override
    public void send(List<ItemResult> results) {
        BatchResults.Builder message = BatchResults.newBuilder();
        results.forEach(result -> message.addResults(toProto(result)));
        response.onNext(ExecuteBatchResponse.newBuilder().setResults(message).build());
    }

    private static BatchResult toProto(ItemResult result) {
        BatchResult.Builder proto = BatchResult.newBuilder().setItemId(result.itemId());
        return result.outcome() instanceof Outcome.Completed completed
                ? proto.setResponse(ProtoMapper.toResponse(completed)).build()
                : proto.setRefusal(toProto(OutcomeStatus.of(((Outcome.Refused) result.outcome()).refusal())))
                        .build();
    }

    private static ItemRefusal toProto(Status status) {
        return ItemRefusal.newBuilder()
                .setCode(status.getCode())
                .setMessage(status.getMessage())
                .addAllDetails(status.getDetailsList())
                .build();
    }

    @Override
    public String reason(Refusal refusal) {
        return reason(OutcomeStatus.of(refusal));
    }

    private static String reason(Status status) {
        try {
            return status.getDetails(0).unpack(ErrorInfo.class).getReason();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("an answer of ours begins with its reason", e);
        }
    }

    @Override
    public void complete(BatchTotals totals, Caller caller) {
        BatchSummary.Builder summary = BatchSummary.newBuilder()
                .setItems(totals.items())
                .putAllRefused(totals.refused())
                .setCharged(totals.charged())
                .setWallTimeUs(totals.wallTimeMicros())
                .setCpuTimeUs(totals.cpuTimeMicros())
                .setInputBytes(totals.inputBytes())
                .setOutputBytes(totals.outputBytes());
        totals.ran()
                .forEach((status, items) -> summary.addRan(BatchStatusCount.newBuilder()
                        .setStatus(ExecutionStatus.valueOf("EXECUTION_STATUS_" + status.name()))
                        .setItems(items)));
        quotas.rateLimits(caller).day().left().ifPresent(left -> summary.setQuotaRemaining(left.executions()));
        response.onNext(ExecuteBatchResponse.newBuilder().setSummary(summary).build());
        response.onCompleted();
    }

    @Override
    public void refuse(Refusal refusal) {
        response.onError(OutcomeStatus.exception(refusal));
    }

    @Override
    public void fail(Throwable fault) {
        response.onError(Replies.statusOf(fault));
    }
}

package io.wasmwiz.executor.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.executor.admission.QuotaFigures;
import io.wasmwiz.executor.batch.Batches;
import io.wasmwiz.executor.execution.ExecutionPipeline;
import io.wasmwiz.v1.ExecuteBatchRequest;
import io.wasmwiz.v1.ExecuteBatchResponse;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;

/** {@code wasmwiz.v1.ExecutionService} over the pipeline. Thread-safe; never blocks. */
public final class ExecutionGrpcService extends ExecutionServiceGrpc.ExecutionServiceImplBase {
    private final ExecutionPipeline pipeline;
    private final Batches batches;
    private final QuotaFigures quotas;

    public ExecutionGrpcService(ExecutionPipeline pipeline, Batches batches, QuotaFigures quotas) {
        this.pipeline = pipeline;
        this.batches = batches;
        this.quotas = quotas;
    }

    @Override
    public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> response) {
        var outcome =
                pipeline.execute(CallContext.caller(), ProtoMapper.toCommand(request), CallContext.cancellation());
        Replies.send(outcome.thenApply(Replies::completedOrThrow), ProtoMapper::toResponse, response);
    }

    @Override
    public StreamObserver<ExecuteBatchRequest> executeBatch(StreamObserver<ExecuteBatchResponse> response) {
        return new BatchCall(
                batches, CallContext.caller(), CallContext.deadlineNanos(), quotas, (ServerCallStreamObserver<
                                ExecuteBatchResponse>)
                        response);
    }
}

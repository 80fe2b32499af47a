package io.wasmwiz.executor.grpc;

import io.grpc.stub.StreamObserver;
import io.wasmwiz.executor.execution.ExecutionPipeline;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;

/** {@code wasmwiz.v1.ExecutionService} over the pipeline. Thread-safe; never blocks. */
public final class ExecutionGrpcService extends ExecutionServiceGrpc.ExecutionServiceImplBase {
    private final ExecutionPipeline pipeline;

    public ExecutionGrpcService(ExecutionPipeline pipeline) {
        this.pipeline = pipeline;
    }

    @Override
    public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> response) {
        var outcome =
                pipeline.execute(CallContext.caller(), ProtoMapper.toCommand(request), CallContext.cancellation());
        Replies.send(outcome.thenApply(Replies::completedOrThrow), ProtoMapper::toResponse, response);
    }
}

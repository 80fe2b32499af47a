package io.wasmwiz.cli.batch;

import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.wasmwiz.cli.failure.ServerFailure;
import io.wasmwiz.v1.BatchResult;
import io.wasmwiz.v1.ItemRefusal;

/** Where the results of a batch go, each item's once. Thread-safe; must not block for long. */
public interface ItemResults {
    /** Takes a result. */
    void write(BatchResult result);

    /** Results taken. */
    long written();

    /** Why an item was not run. */
    static ServerFailure failure(ItemRefusal refusal) {
        StatusRuntimeException error = StatusProto.toStatusRuntimeException(Status.newBuilder()
                .setCode(refusal.getCode())
                .setMessage(refusal.getMessage())
                .addAllDetails(refusal.getDetailsList())
                .build());
        return ServerFailure.of(error.getStatus(), error.getTrailers());
    }
}

package io.wasmwiz.executor;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** One reply as a future. */
public record Reply<T>(CompletableFuture<T> future) implements StreamObserver<T> {
    @Override
    public void onNext(T message) {
        future.complete(message);
    }

    @Override
    public void onError(Throwable error) {
        future.completeExceptionally(error);
    }

    @Override
    public void onCompleted() {
        future.completeExceptionally(new IllegalStateException("ended without a reply"));
    }
}

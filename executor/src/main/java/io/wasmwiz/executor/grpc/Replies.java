package io.wasmwiz.executor.grpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.executor.execution.Outcome;
import io.wasmwiz.executor.refusal.RefusedException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Sends what a stage completes with: a message, a refusal's status, or a surprise for {@link ErrorInterceptor}. */
final class Replies {
    private Replies() {}

    /** Sends one message and ends the call. To be called before the service method returns. */
    static <T, A> void send(CompletionStage<T> result, Function<T, A> toProto, StreamObserver<A> response) {
        ignoreCancellation(response);
        result.thenApply(toProto).whenComplete((message, failure) -> {
            if (failure == null) {
                response.onNext(message);
                response.onCompleted();
            } else {
                response.onError(statusOf(failure));
            }
        });
    }

    /** The message of a completed execution; throws the refusal of another. */
    static Outcome.Completed completedOrThrow(Outcome outcome) {
        if (outcome instanceof Outcome.Refused refused) {
            throw new RefusedException(refused.refusal());
        }
        return (Outcome.Completed) outcome;
    }

    /** What a failure is told as. */
    static RuntimeException statusOf(Throwable failure) {
        return RefusedException.refusalIn(failure)
                .<RuntimeException>map(OutcomeStatus::exception)
                .orElseGet(() -> Status.UNKNOWN
                        .withCause(RefusedException.unwrapped(failure))
                        .asRuntimeException());
    }

    // With a handler of its own, an observer does not throw when a reply comes after its client went away.
    private static void ignoreCancellation(StreamObserver<?> response) {
        if (response instanceof ServerCallStreamObserver<?> observer) {
            observer.setOnCancelHandler(() -> {});
        }
    }
}

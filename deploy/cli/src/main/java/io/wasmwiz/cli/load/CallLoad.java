package io.wasmwiz.cli.load;

import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc.HealthStub;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.cli.failure.ServerFailure;
import io.wasmwiz.cli.run.Outcome;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc.ExecutionServiceStub;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Loads a server with unary calls. */
final class CallLoad implements Load {
    private final LoadLoop loop;
    private final Duration longestCall;
    private final AtomicReference<@Nullable ServerFailure> lastFailure;

    private CallLoad(LoadLoop loop, Duration callDeadline, AtomicReference<@Nullable ServerFailure> lastFailure) {
        this.loop = loop;
        this.longestCall = callDeadline.plusSeconds(10);
        this.lastFailure = lastFailure;
    }

    /** Executions of {@code request}, as it is. */
    static CallLoad executions(ExecutionServiceStub stub, ExecuteRequest request, Duration callDeadline) {
        return executions(stub, () -> request, callDeadline);
    }

    /** Executions of {@code request}, each with a request id of its own. */
    static CallLoad executionsWithIds(ExecutionServiceStub stub, ExecuteRequest request, Duration callDeadline) {
        return executions(
                stub,
                () -> request.toBuilder()
                        .setRequestId(UUID.randomUUID().toString())
                        .build(),
                callDeadline);
    }

    private static CallLoad executions(
            ExecutionServiceStub stub, Supplier<ExecuteRequest> requests, Duration callDeadline) {
        return of(
                callDeadline,
                observer -> stub.withDeadlineAfter(callDeadline.toNanos(), TimeUnit.NANOSECONDS)
                        .execute(requests.get(), observer),
                (ExecuteResponse response) -> Outcome.label(response.getReceipt()));
    }

    /** Health checks. */
    static CallLoad empty(HealthStub stub, Duration callDeadline) {
        return of(
                callDeadline,
                observer -> stub.withDeadlineAfter(callDeadline.toNanos(), TimeUnit.NANOSECONDS)
                        .check(HealthCheckRequest.getDefaultInstance(), observer),
                (HealthCheckResponse response) -> response.getStatus().name());
    }

    private static <R> CallLoad of(Duration callDeadline, Consumer<StreamObserver<R>> call, Function<R, String> label) {
        AtomicReference<@Nullable ServerFailure> lastFailure = new AtomicReference<>();
        LoadLoop loop =
                new LoadLoop(ending -> call.accept(new Observer<>(ending, label, lastFailure)), Ticker.system());
        return new CallLoad(loop, callDeadline, lastFailure);
    }

    @Override
    public Duration run(LoadPlan plan, Tally tally) throws InterruptedException {
        return loop.run(plan, tally, longestCall);
    }

    /** Why the last call that failed did. */
    @Nullable
    ServerFailure lastFailure() {
        return lastFailure.get();
    }

    /** Ends a call for the loop. */
    private static final class Observer<R> implements StreamObserver<R> {
        private final LoadLoop.Ending ending;
        private final Function<R, String> label;
        private final AtomicReference<@Nullable ServerFailure> lastFailure;
        private @Nullable String status;

        Observer(
                LoadLoop.Ending ending,
                Function<R, String> label,
                AtomicReference<@Nullable ServerFailure> lastFailure) {
            this.ending = ending;
            this.label = label;
            this.lastFailure = lastFailure;
        }

        @Override
        public void onNext(R response) {
            status = label.apply(response);
        }

        @Override
        public void onError(Throwable failure) {
            ServerFailure explained =
                    ServerFailure.of(Status.fromThrowable(failure), Status.trailersFromThrowable(failure));
            lastFailure.set(explained);
            ending.failed(explained.label());
        }

        @Override
        public void onCompleted() {
            ending.replied(status == null ? "NO_REPLY" : status);
        }
    }
}

package io.wasmwiz.executor.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.wasmwiz.executor.auth.Authentication;
import io.wasmwiz.executor.execution.Requests;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A call that was held is ended, whatever goes wrong when it goes on: nobody else would tell the client. */
class AuthInterceptorTest {
    private final CompletableFuture<Authentication> answer = new CompletableFuture<>();
    private final AuthInterceptor interceptor = new AuthInterceptor((authorization, peer) -> answer, 1);
    private final RecordedCall call = new RecordedCall();
    private final IllegalStateException surprise = new IllegalStateException("surprise");

    @Test
    void endsAHeldCallThatCannotBeStarted() {
        ServerCall.Listener<ExecuteRequest> unused = interceptor.interceptCall(call, new Metadata(), (c, headers) -> {
            throw surprise;
        });
        assertThat(call.closed).isEmpty();

        answer.complete(new Authentication.Granted(Requests.caller()));

        assertThat(call.closed)
                .singleElement()
                .satisfies(status -> assertThat(status.getCause()).isSameAs(surprise));
    }

    @Test
    void endsAHeldCallWhoseEventsCannotBeTaken() {
        ServerCall.Listener<ExecuteRequest> held = interceptor.interceptCall(
                call, new Metadata(), (c, headers) -> new ServerCall.Listener<ExecuteRequest>() {
                    @Override
                    public void onHalfClose() {
                        throw surprise;
                    }
                });
        held.onHalfClose();

        answer.complete(new Authentication.Granted(Requests.caller()));

        assertThat(call.closed)
                .singleElement()
                .satisfies(status -> assertThat(status.getCause()).isSameAs(surprise));
    }

    @Test
    void endsAHeldCallWhoseAnswerFails() {
        ServerCall.Listener<ExecuteRequest> unused =
                interceptor.interceptCall(call, new Metadata(), (c, headers) -> new ServerCall.Listener<>() {});

        answer.completeExceptionally(surprise);

        assertThat(call.closed)
                .singleElement()
                .satisfies(status -> assertThat(status.getCause()).isSameAs(surprise));
    }

    private static final class RecordedCall extends ServerCall<ExecuteRequest, ExecuteResponse> {
        private final List<Status> closed = new ArrayList<>();

        @Override
        public void request(int messages) {}

        @Override
        public void sendHeaders(Metadata headers) {}

        @Override
        public void sendMessage(ExecuteResponse message) {}

        @Override
        public void close(Status status, Metadata trailers) {
            closed.add(status);
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public MethodDescriptor<ExecuteRequest, ExecuteResponse> getMethodDescriptor() {
            return ExecutionServiceGrpc.getExecuteMethod();
        }
    }
}

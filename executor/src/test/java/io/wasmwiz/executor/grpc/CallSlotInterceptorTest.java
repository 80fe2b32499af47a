package io.wasmwiz.executor.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.wasmwiz.executor.execution.Requests;
import org.junit.jupiter.api.Test;

class CallSlotInterceptorTest {
    private final CallSlots slots = new CallSlots(5, 1);
    private final CallSlotInterceptor interceptor = new CallSlotInterceptor(slots);

    @Test
    void givesASlotBackOnceThoughACallEndsTwice() throws Exception {
        slots.take(Requests.caller());
        ServerCall.Listener<String> listener = intercept((call, headers) -> new ServerCall.Listener<>() {});
        assertThat(slots.inProgress()).isEqualTo(2);

        listener.onComplete();
        listener.onCancel();

        assertThat(slots.inProgress()).isEqualTo(1);
    }

    @Test
    void givesASlotBackWhenTheCallDoesNotStart() {
        assertThatThrownBy(() -> intercept((call, headers) -> {
                    throw new IllegalStateException("not started");
                }))
                .isInstanceOf(IllegalStateException.class);

        assertThat(slots.inProgress()).isZero();
        assertThat(slots.accounts()).isZero();
    }

    private ServerCall.Listener<String> intercept(ServerCallHandler<String, String> next) throws Exception {
        return CallContext.with(Context.ROOT, Requests.caller())
                .call(() -> interceptor.interceptCall(new UnusedCall(), new Metadata(), next));
    }

    /** A call that nothing is asked of. */
    private static final class UnusedCall extends SimpleForwardingServerCall<String, String> {
        @SuppressWarnings("NullAway")
        UnusedCall() {
            super(null);
        }
    }
}

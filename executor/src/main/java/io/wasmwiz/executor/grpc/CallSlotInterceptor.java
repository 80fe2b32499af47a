package io.wasmwiz.executor.grpc;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.refusal.Refusal;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Lets a call past {@link AuthInterceptor} only with a slot, before a message is requested from the transport. The call
 * has it until gRPC is done with it, its reply sent or the call cancelled. Thread-safe.
 */
final class CallSlotInterceptor implements ServerInterceptor {
    private final CallSlots slots;

    CallSlotInterceptor(CallSlots slots) {
        this.slots = slots;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Caller caller = CallContext.caller();
        Optional<Refusal> refusal = slots.take(caller);
        if (refusal.isPresent()) {
            return AuthInterceptor.refuse(call, refusal.get());
        }
        AtomicBoolean given = new AtomicBoolean();
        Runnable giveBack = () -> {
            if (given.compareAndSet(false, true)) {
                slots.giveBack(caller.accountId());
            }
        };
        try {
            return new SlotListener<>(next.startCall(call, headers), giveBack);
        } catch (RuntimeException | Error e) {
            // No listener of ours then hears of the call's end.
            giveBack.run();
            throw e;
        }
    }

    private static final class SlotListener<Q> extends SimpleForwardingServerCallListener<Q> {
        private final Runnable giveBack;

        SlotListener(ServerCall.Listener<Q> listener, Runnable giveBack) {
            super(listener);
            this.giveBack = giveBack;
        }

        @Override
        public void onComplete() {
            giveBack.run();
            super.onComplete();
        }

        @Override
        public void onCancel() {
            giveBack.run();
            super.onCancel();
        }
    }
}

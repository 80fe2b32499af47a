package io.wasmwiz.executor.grpc;

import com.google.rpc.Code;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Outermost guard: every error that leaves carries our details, and what nobody foresaw becomes INTERNAL with an incident
 * id that is logged with the cause. Exceptions' texts never reach a caller. Thread-safe.
 */
final class ErrorInterceptor implements ServerInterceptor {
    private static final Logger log = LoggerFactory.getLogger(ErrorInterceptor.class);
    /** Where {@link StatusProto} puts a status's details. */
    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private final Supplier<UUID> incidentIds;

    ErrorInterceptor(Supplier<UUID> incidentIds) {
        this.incidentIds = incidentIds;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        GuardedCall<Q, A> guarded = new GuardedCall<>(call);
        try {
            return new GuardedListener<>(next.startCall(guarded, headers), guarded);
        } catch (RuntimeException e) {
            guarded.fail(e);
            return new ServerCall.Listener<>() {};
        }
    }

    private final class GuardedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final AtomicBoolean closed = new AtomicBoolean();

        GuardedCall(ServerCall<Q, A> call) {
            super(call);
        }

        @Override
        public void close(Status status, Metadata trailers) {
            if (!closed.compareAndSet(false, true)) {
                return;
            }
            if (status.isOk() || trailers.containsKey(DETAILS)) {
                super.close(status, trailers);
            } else {
                closeAsIncident(status, status.getCause(), trailers);
            }
        }

        void fail(RuntimeException surprise) {
            if (closed.compareAndSet(false, true)) {
                closeAsIncident(Status.UNKNOWN, surprise, new Metadata());
            }
        }

        private void closeAsIncident(Status was, @Nullable Throwable cause, Metadata trailers) {
            UUID incident = incidentIds.get();
            log.atError()
                    .addKeyValue("incident", incident)
                    .addKeyValue("method", getMethodDescriptor().getFullMethodName())
                    .addKeyValue("status", was.getCode())
                    .addKeyValue("description", was.getDescription())
                    .setCause(cause)
                    .log("call failed unexpectedly");
            StatusRuntimeException told = StatusProto.toStatusRuntimeException(new Answer(
                            Code.INTERNAL,
                            "INTERNAL_ERROR",
                            "an unexpected fault of this server; tell its operator the incident id")
                    .with("incident_id", incident)
                    .build());
            Metadata details = told.getTrailers();
            if (details != null) {
                trailers.merge(details);
            }
            super.close(told.getStatus(), trailers);
        }
    }

    private static final class GuardedListener<Q, A> extends SimpleForwardingServerCallListener<Q> {
        private final ErrorInterceptor.GuardedCall<Q, A> call;

        GuardedListener(ServerCall.Listener<Q> listener, ErrorInterceptor.GuardedCall<Q, A> call) {
            super(listener);
            this.call = call;
        }

        @Override
        public void onMessage(Q message) {
            guard(() -> super.onMessage(message));
        }

        @Override
        public void onHalfClose() {
            guard(super::onHalfClose);
        }

        @Override
        public void onCancel() {
            guard(super::onCancel);
        }

        @Override
        public void onComplete() {
            guard(super::onComplete);
        }

        @Override
        public void onReady() {
            guard(super::onReady);
        }

        private void guard(Runnable event) {
            try {
                event.run();
            } catch (RuntimeException e) {
                call.fail(e);
            }
        }
    }
}

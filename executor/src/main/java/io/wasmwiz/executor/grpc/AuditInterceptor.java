package io.wasmwiz.executor.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.wasmwiz.executor.admin.DenialLog;
import io.wasmwiz.executor.admin.Origin;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.v1.AdminServiceGrpc;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts every denied call of the admin service on the audit log: a caller who is not known or lacks a right, and an owner
 * who asked for what is not theirs. Sees what the later interceptors and the service answer. Other services pass
 * untouched. Thread-safe; never blocks.
 */
final class AuditInterceptor implements ServerInterceptor {
    private static final Metadata.Key<String> USER_AGENT =
            Metadata.Key.of("user-agent", Metadata.ASCII_STRING_MARSHALLER);

    private final Optional<DenialLog> denials;

    /** Without a log where the admin service is switched off. */
    AuditInterceptor(Optional<DenialLog> denials) {
        this.denials = denials;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        boolean audited =
                AdminServiceGrpc.SERVICE_NAME.equals(call.getMethodDescriptor().getServiceName());
        if (denials.isEmpty() || !audited) {
            return next.startCall(call, headers);
        }
        AdminCallNotes notes = new AdminCallNotes(origin(call, headers));
        return Contexts.interceptCall(
                CallContext.with(Context.current(), notes),
                new AuditedCall<>(call, notes, denials.get()),
                headers,
                next);
    }

    private static Origin origin(ServerCall<?, ?> call, Metadata headers) {
        @Nullable SocketAddress peer = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        @Nullable String agent = headers.get(USER_AGENT);
        String address = peer instanceof InetSocketAddress internet && internet.getAddress() != null
                ? internet.getAddress().getHostAddress()
                : String.valueOf(peer);
        return new Origin(address, agent == null ? "" : agent);
    }

    private static final class AuditedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final AdminCallNotes notes;
        private final DenialLog denials;

        AuditedCall(ServerCall<Q, A> call, AdminCallNotes notes, DenialLog denials) {
            super(call);
            this.notes = notes;
            this.denials = denials;
        }

        @Override
        public void close(Status status, Metadata trailers) {
            if (isDenial(status.getCode())) {
                String method = String.valueOf(getMethodDescriptor().getBareMethodName());
                denials.record(notes.denial(method, reason(status, trailers)));
            }
            super.close(status, trailers);
        }

        private boolean isDenial(Status.Code code) {
            return switch (code) {
                case UNAUTHENTICATED, PERMISSION_DENIED -> true;
                // To an owner, what is not theirs is answered as what does not exist.
                case NOT_FOUND ->
                    notes.caller()
                            .filter(caller -> !caller.scopes().contains(Scope.ADMIN))
                            .isPresent();
                default -> false;
            };
        }

        private static String reason(Status status, Metadata trailers) {
            for (Any detail :
                    StatusProto.fromStatusAndTrailers(status, trailers).getDetailsList()) {
                if (detail.is(ErrorInfo.class)) {
                    try {
                        return detail.unpack(ErrorInfo.class).getReason();
                    } catch (InvalidProtocolBufferException e) {
                        break;
                    }
                }
            }
            return status.getCode().name();
        }
    }
}

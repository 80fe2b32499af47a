package io.wasmwiz.executor.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.protobuf.ProtoUtils;
import io.wasmwiz.executor.auth.Caller;

/** Puts the token of {@link DenialTokens} into the ErrorInfo of refusals. Needs {@link AuthInterceptor} before it. */
final class DenialInterceptor implements ServerInterceptor {
    static final String TOKEN = "denial_token";

    private static final Metadata.Key<Status> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", ProtoUtils.metadataMarshaller(Status.getDefaultInstance()));

    private final DenialTokens tokens;

    DenialInterceptor(DenialTokens tokens) {
        this.tokens = tokens;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Caller caller = CallContext.caller();
        return next.startCall(
                new SimpleForwardingServerCall<>(call) {
                    @Override
                    public void close(io.grpc.Status status, Metadata trailers) {
                        if (!status.isOk()) {
                            sign(caller, getMethodDescriptor().getFullMethodName(), trailers);
                        }
                        super.close(status, trailers);
                    }
                },
                headers);
    }

    private void sign(Caller caller, String method, Metadata trailers) {
        Status told = trailers.get(DETAILS);
        if (told == null) {
            return;
        }
        for (int i = 0; i < told.getDetailsCount(); i++) {
            if (told.getDetails(i).is(ErrorInfo.class)) {
                ErrorInfo info = info(told.getDetails(i));
                int place = i;
                tokens.of(caller, method, info).ifPresent(token -> {
                    trailers.discardAll(DETAILS);
                    trailers.put(
                            DETAILS,
                            told.toBuilder()
                                    .setDetails(
                                            place,
                                            Any.pack(info.toBuilder()
                                                    .putMetadata(TOKEN, token)
                                                    .build()))
                                    .build());
                });
                return;
            }
        }
    }

    private static ErrorInfo info(Any detail) {
        try {
            return detail.unpack(ErrorInfo.class);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("an ErrorInfo of our own that cannot be read", e);
        }
    }
}

package io.wasmwiz.cli.fake;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import java.util.Objects;

/** Knows keys by text and keeps the caller's tier in the context. The health service asks for none. */
final class FakeAuthentication implements ServerInterceptor {
    static final Context.Key<String> TIER = Context.key("tier");

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final Map<String, String> tierByKey;

    FakeAuthentication(Map<String, String> tierByKey) {
        this.tierByKey = Map.copyOf(tierByKey);
    }

    @Override
    public <A, B> ServerCall.Listener<A> interceptCall(
            ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
        if (call.getMethodDescriptor().getFullMethodName().startsWith("grpc.health")) {
            return next.startCall(call, headers);
        }
        String header = headers.get(AUTHORIZATION);
        String tier = header == null ? null : tierByKey.get(header.replaceFirst("^Bearer ", ""));
        if (tier == null) {
            StatusRuntimeException refusal = header == null
                    ? FakeErrors.error(Status.Code.UNAUTHENTICATED, "no API key", "API_KEY_MISSING", Map.of())
                    : FakeErrors.error(Status.Code.UNAUTHENTICATED, "unknown API key", "API_KEY_UNKNOWN", Map.of());
            call.close(refusal.getStatus(), Objects.requireNonNull(refusal.getTrailers()));
            return new ServerCall.Listener<>() {};
        }
        return Contexts.interceptCall(Context.current().withValue(TIER, tier), call, headers, next);
    }
}

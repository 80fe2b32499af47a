package io.wasmwiz.executor.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.wasmwiz.executor.admission.QuotaFigures;
import io.wasmwiz.executor.admission.RateLimits;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Scope;
import java.time.Duration;

/**
 * Adds the caller's limits to the trailers of every reply of a method that executes, refusals included, in the form of
 * draft-ietf-httpapi-ratelimit-headers: {@code ratelimit-policy} has the limits, {@code ratelimit} what is left and in how
 * many seconds its window ends. The latter is missing until this executor knows it, that is before the account's first
 * admission. What is left is as this executor knows it: other executors may have used some of it.
 *
 * <p>Thread-safe; to be placed after {@link AuthInterceptor}.
 */
final class RateLimitInterceptor implements ServerInterceptor {
    static final Metadata.Key<String> POLICY = Metadata.Key.of("ratelimit-policy", Metadata.ASCII_STRING_MARSHALLER);
    static final Metadata.Key<String> LEFT = Metadata.Key.of("ratelimit", Metadata.ASCII_STRING_MARSHALLER);

    private final QuotaFigures quotas;

    RateLimitInterceptor(QuotaFigures quotas) {
        this.quotas = quotas;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (MethodScopes.least(call.getMethodDescriptor()) != Scope.EXECUTE) {
            return next.startCall(call, headers);
        }
        Caller caller = CallContext.caller();
        return next.startCall(
                new SimpleForwardingServerCall<>(call) {
                    @Override
                    public void close(Status status, Metadata trailers) {
                        add(quotas.rateLimits(caller), trailers);
                        super.close(status, trailers);
                    }
                },
                headers);
    }

    static void add(RateLimits limits, Metadata trailers) {
        trailers.put(
                POLICY,
                "\"minute\";q=" + limits.minute().limit() + ";w=60, \"day\";q="
                        + limits.day().limit() + ";w=86400");
        limits.minute()
                .left()
                .ifPresent(minute -> limits.day()
                        .left()
                        .ifPresent(day -> trailers.put(LEFT, left("minute", minute) + ", " + left("day", day))));
    }

    private static String left(String policy, RateLimits.Left left) {
        return "\"" + policy + "\";r=" + left.executions() + ";t=" + seconds(left.resetsIn());
    }

    // Whole seconds, rounded up: who waits so long finds a new window.
    private static long seconds(Duration duration) {
        return duration.plusNanos(999_999_999).toSeconds();
    }
}

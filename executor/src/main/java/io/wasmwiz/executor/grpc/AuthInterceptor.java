package io.wasmwiz.executor.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.wasmwiz.executor.auth.Authentication;
import io.wasmwiz.executor.auth.Authenticator;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.PeerNetwork;
import io.wasmwiz.executor.refusal.Refusal;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Authenticates before a byte of the request is accepted: no message is requested from the transport until the caller is
 * known and may use the method. Where the answer needs the database, the call is held meanwhile, up to a fixed number of
 * calls. Thread-safe.
 */
final class AuthInterceptor implements ServerInterceptor {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final Authenticator authenticator;
    private final Semaphore held;

    /** With at most {@code maxHeld} calls waiting for their answer. */
    AuthInterceptor(Authenticator authenticator, int maxHeld) {
        this.authenticator = authenticator;
        this.held = new Semaphore(maxHeld);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        CompletionStage<Authentication> answer = authenticator.authenticate(
                headers.get(AUTHORIZATION), PeerNetwork.of(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)));
        CompletableFuture<Authentication> known = answer.toCompletableFuture();
        Context context = Context.current();
        if (known.isDone()) {
            return proceed(known.join(), context, call, headers, next);
        }
        if (!held.tryAcquire()) {
            return refuse(call, new Refusal.AuthenticationUnavailable(RETRY_AFTER));
        }
        HeldListener<Q> listener = new HeldListener<>();
        answer.whenComplete((authentication, failure) -> {
            held.release();
            try {
                listener.release(() ->
                        failure == null ? proceed(authentication, context, call, headers, next) : fail(call, failure));
            } catch (RuntimeException | Error e) {
                // Nobody above would tell the client, who would wait for ever.
                fail(call, e);
            }
        });
        return listener;
    }

    private <Q, A> ServerCall.Listener<Q> proceed(
            Authentication authentication,
            Context context,
            ServerCall<Q, A> call,
            Metadata headers,
            ServerCallHandler<Q, A> next) {
        if (!(authentication instanceof Authentication.Granted granted)) {
            return refuse(call, refusal(authentication));
        }
        Caller caller = granted.caller();
        CallContext.noteCaller(context, caller);
        return MethodScopes.allows(call.getMethodDescriptor(), caller.scopes())
                ? Contexts.interceptCall(CallContext.with(context, caller), call, headers, next)
                : refuse(call, new Refusal.ScopeMissing(MethodScopes.least(call.getMethodDescriptor())));
    }

    private static Refusal refusal(Authentication authentication) {
        if (authentication instanceof Authentication.Denied denied) {
            return new Refusal.NotAuthenticated(denied.reason());
        }
        return authentication instanceof Authentication.TooManyFailures spent
                ? new Refusal.AuthenticationFailuresSpent(spent.limitPerMinute(), spent.retryAfter())
                : new Refusal.AuthenticationUnavailable(RETRY_AFTER);
    }

    /** Ends {@code call} with {@code refusal}. */
    static <Q, A> ServerCall.Listener<Q> refuse(ServerCall<Q, A> call, Refusal refusal) {
        return close(call, OutcomeStatus.exception(refusal));
    }

    private static <Q, A> ServerCall.Listener<Q> fail(ServerCall<Q, A> call, Throwable surprise) {
        return close(call, io.grpc.Status.UNKNOWN.withCause(surprise).asRuntimeException());
    }

    private static <Q, A> ServerCall.Listener<Q> close(ServerCall<Q, A> call, StatusRuntimeException status) {
        @Nullable Metadata trailers = status.getTrailers();
        call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
        return new ServerCall.Listener<>() {};
    }
}

package io.wasmwiz.executor.grpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.execution.Cancellation;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** What the gRPC context says about the current call. Stateless. */
final class CallContext {
    private static final Context.Key<Caller> CALLER = Context.key("caller");
    private static final Context.Key<AdminCallNotes> NOTES = Context.key("admin call notes");

    private CallContext() {}

    /** The context of a call by {@code caller}. */
    static Context with(Context call, Caller caller) {
        return call.withValue(CALLER, caller);
    }

    /** Who calls; {@link AuthInterceptor} put it there. */
    static Caller caller() {
        Caller caller = CALLER.get();
        if (caller == null) {
            throw new IllegalStateException("a service without AuthInterceptor before it");
        }
        return caller;
    }

    /** The context of a call of the admin service, with what will be known of it. */
    static Context with(Context call, AdminCallNotes notes) {
        return call.withValue(NOTES, notes);
    }

    /** What is known of the current call of the admin service; {@link AuditInterceptor} put it there. */
    static AdminCallNotes notes() {
        AdminCallNotes notes = NOTES.get();
        if (notes == null) {
            throw new IllegalStateException("the admin service without AuditInterceptor before it");
        }
        return notes;
    }

    /** Tells the notes in {@code call}, where there are any, who calls, whether or not they may. */
    static void noteCaller(Context call, Caller caller) {
        AdminCallNotes notes = NOTES.get(call);
        if (notes != null) {
            notes.calledBy(caller);
        }
    }

    /** Fires when the client cancels, its connection is lost or its deadline passes; harmless after the reply. */
    static Cancellation cancellation() {
        Cancellation cancellation = new Cancellation(deadlineNanos());
        Context.current().addListener(context -> cancellation.cancel(), Runnable::run);
        return cancellation;
    }

    /** The {@link System#nanoTime} at which the client stops waiting, if it said so. */
    static OptionalLong deadlineNanos() {
        Deadline deadline = Context.current().getDeadline();
        return deadline == null
                ? OptionalLong.empty()
                : OptionalLong.of(System.nanoTime() + deadline.timeRemaining(TimeUnit.NANOSECONDS));
    }
}

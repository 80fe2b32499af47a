package io.wasmwiz.executor.grpc;

import io.grpc.ServerCall;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for a call's listener until that is known, and keeps the events that come before it, in order. Few can come:
 * no message is requested while the call is held, which leaves half-close, ready and the call's end. Thread-safe.
 */
final class HeldListener<Q> extends ServerCall.Listener<Q> {
    private final Deque<Consumer<ServerCall.Listener<Q>>> waiting = new ArrayDeque<>();
    private ServerCall.@Nullable Listener<Q> listener;
    private boolean cancelled;

    /** Takes the listener from {@code start}, which is not called when the call was cancelled meanwhile. */
    void release(Supplier<ServerCall.Listener<Q>> start) {
        synchronized (this) {
            if (cancelled) {
                return;
            }
        }
        // Not under the lock: starting a call runs other code and may take a while.
        ServerCall.Listener<Q> started = start.get();
        while (true) {
            Consumer<ServerCall.Listener<Q>> event;
            synchronized (this) {
                event = waiting.poll();
                if (event == null) {
                    listener = started;
                    return;
                }
            }
            event.accept(started);
        }
    }

    @Override
    public void onMessage(Q message) {
        now(target -> target.onMessage(message));
    }

    @Override
    public void onHalfClose() {
        now(ServerCall.Listener::onHalfClose);
    }

    @Override
    public void onCancel() {
        synchronized (this) {
            cancelled = true;
        }
        now(ServerCall.Listener::onCancel);
    }

    @Override
    public void onComplete() {
        now(ServerCall.Listener::onComplete);
    }

    @Override
    public void onReady() {
        now(ServerCall.Listener::onReady);
    }

    private void now(Consumer<ServerCall.Listener<Q>> event) {
        ServerCall.Listener<Q> target;
        synchronized (this) {
            target = listener;
            if (target == null) {
                waiting.add(event);
                return;
            }
        }
        event.accept(target);
    }
}

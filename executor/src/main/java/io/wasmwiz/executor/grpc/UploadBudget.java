package io.wasmwiz.executor.grpc;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that uploads in progress hold together. Thread-safe. */
final class UploadBudget {
    private final long maxBytes;
    private final AtomicLong held = new AtomicLong();

    UploadBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Takes {@code bytes}, unless that would be too many. */
    boolean tryTake(long bytes) {
        if (held.addAndGet(bytes) <= maxBytes) {
            return true;
        }
        held.addAndGet(-bytes);
        return false;
    }

    void giveBack(long bytes) {
        held.addAndGet(-bytes);
    }

    long heldBytes() {
        return held.get();
    }
}

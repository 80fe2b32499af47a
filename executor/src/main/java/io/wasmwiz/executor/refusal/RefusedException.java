package io.wasmwiz.executor.refusal;

import java.util.Optional;
import java.util.concurrent.CompletionException;

/**
 * Carries a {@link Refusal} through a chain of stages to the one place that turns it back into a value. For faults that
 * may befall any step, such as a database that is away; what a step foresees as its own result is a value at once.
 */
public final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;

    public RefusedException(Refusal refusal) {
        super(refusal.getClass().getSimpleName(), null, false, false);
        this.refusal = refusal;
    }

    /** What to tell the caller. */
    public Refusal refusal() {
        return refusal;
    }

    /** The refusal inside {@code failure}, if it is one. */
    public static Optional<Refusal> refusalIn(Throwable failure) {
        Throwable cause = unwrapped(failure);
        return cause instanceof RefusedException refused ? Optional.of(refused.refusal) : Optional.empty();
    }

    /** {@code failure} without the wrapping that stages put around it. */
    public static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}

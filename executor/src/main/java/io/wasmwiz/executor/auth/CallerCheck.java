package io.wasmwiz.executor.auth;

import java.util.concurrent.CompletionStage;

/**
 * Whether a caller may still call, for calls that last: to be asked before each item of a stream. Thread-safe; never
 * blocks.
 */
@FunctionalInterface
public interface CallerCheck {
    /**
     * Authenticates {@code caller} again.
     *
     * @return completes normally: granted with the scopes and the tier of now, or denied as a new call would be; at once,
     *     and without a database read, unless keys, accounts or tiers changed since the key was last read
     */
    CompletionStage<Authentication> recheck(Caller caller);
}

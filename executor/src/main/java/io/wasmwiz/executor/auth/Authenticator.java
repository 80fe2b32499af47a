package io.wasmwiz.executor.auth;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Finds out who calls. Thread-safe; never blocks. */
@FunctionalInterface
public interface Authenticator {
    /**
     * Authenticates a call.
     *
     * @param authorization the value of the {@code authorization} metadata, null without one
     * @param peer where the call comes from
     * @return completes normally, at once when no database read is needed
     */
    CompletionStage<Authentication> authenticate(@Nullable String authorization, PeerNetwork peer);
}

package io.wasmwiz.executor.auth;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Lets calls without a key act as the seeded account {@value #ACCOUNT}, with every scope and metered like any other; a
 * call that shows a key is authenticated by it. For development only. Without the account such calls are denied as
 * {@link Authentication.Reason#KEY_MISSING}. Thread-safe; never blocks; does not own {@code keys}.
 */
public final class DevelopmentAuthenticator implements Authenticator, CallerCheck {
    /** Name of the account in {@code users}. */
    public static final String ACCOUNT = "developer";

    private final CachingAuthenticator keys;

    /** Over the authenticator of calls with a key. */
    public DevelopmentAuthenticator(CachingAuthenticator keys) {
        this.keys = keys;
    }

    @Override
    public CompletionStage<Authentication> authenticate(@Nullable String authorization, PeerNetwork peer) {
        return authorization == null ? keys.actAs(ACCOUNT) : keys.authenticate(authorization, peer);
    }

    @Override
    public CompletionStage<Authentication> recheck(Caller caller) {
        return caller.keyHash().isEmpty() ? keys.actAs(ACCOUNT) : keys.recheck(caller);
    }
}

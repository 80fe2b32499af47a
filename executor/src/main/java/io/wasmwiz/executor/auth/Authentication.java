package io.wasmwiz.executor.auth;

import java.time.Duration;

/** The answer to "who is this?". */
public sealed interface Authentication {
    /** This caller. */
    record Granted(Caller caller) implements Authentication {}

    /** Nobody who may call. */
    record Denied(Reason reason) implements Authentication {}

    /** Not known: the key store does not answer. Never to be told as a denial. */
    record Unavailable() implements Authentication {}

    /** Not looked into: too many authentications from the same network failed. */
    record TooManyFailures(int limitPerMinute, Duration retryAfter) implements Authentication {}

    /** Why a caller was denied. */
    enum Reason {
        /** No {@code authorization} metadata, or not a bearer token. */
        KEY_MISSING,
        /** Not the form of a key, or its checksum is wrong: most likely a typing or copying mistake. */
        KEY_MALFORMED,
        /** The form of a key, but none of ours. */
        KEY_UNKNOWN,
        /** Revoked. */
        KEY_REVOKED,
        /** Past its expiry. */
        KEY_EXPIRED,
        /** The key is good and its account is suspended. */
        ACCOUNT_SUSPENDED
    }
}

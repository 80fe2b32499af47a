package io.wasmwiz.executor.auth;

/** What a key may be used for; the words of {@code api_keys.scopes} in upper case. */
public enum Scope {
    EXECUTE,
    MODULES,
    USAGE,
    ACCOUNT,
    ADMIN
}

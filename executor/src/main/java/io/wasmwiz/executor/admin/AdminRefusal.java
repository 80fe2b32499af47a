package io.wasmwiz.executor.admin;

import io.wasmwiz.executor.auth.Scope;
import java.time.Duration;

/** What the admin service answers instead of a result, bad fields aside. */
public sealed interface AdminRefusal {
    /** No such account, or not one that the caller may see; by the id or name that was asked for. */
    record AccountNotFound(String user) implements AdminRefusal {}

    /** No such key, or not one that the caller may see. */
    record KeyNotFound(String keyId) implements AdminRefusal {}

    /** No such tier. */
    record TierNotFound(String name) implements AdminRefusal {}

    /** Another account has this name. */
    record AccountNameTaken(String name) implements AdminRefusal {}

    /** Another tier has this name. */
    record TierNameTaken(String name) implements AdminRefusal {}

    /** Something changed since the caller read it. */
    record EtagMismatch(String current) implements AdminRefusal {}

    /** This request id stands for another request. */
    record RequestIdReused() implements AdminRefusal {}

    /** The caller's key lacks a scope that it wants to give, or that the key it wants to change has. */
    record ScopeNotHeld(Scope scope) implements AdminRefusal {}

    /** The key that the caller wants to change or replace is not as narrow as the caller's; by the field that tells. */
    record KeyWider(String field) implements AdminRefusal {}

    /** The key is revoked or expired. */
    record KeyNotActive(String keyId) implements AdminRefusal {}

    /** A call that would shut its caller's account out. */
    record OwnAccount() implements AdminRefusal {}

    /** A call that would revoke the key it is made with. */
    record OwnKey() implements AdminRefusal {}

    /** The account has, or made today, as many keys as it may. */
    record KeyLimitReached(int limit, String period) implements AdminRefusal {}

    /** The key made as many changes in this minute as it may. */
    record ChangesSpent(int limit, Duration retryAfter) implements AdminRefusal {}
}

package io.wasmwiz.executor.grpc;

import static io.wasmwiz.executor.grpc.OutcomeStatus.row;

import com.google.rpc.Code;
import io.wasmwiz.executor.admin.AdminRefusal;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** The part of {@link OutcomeStatus} that tells what the admin service refuses. Complete, or the class does not load. */
final class AdminStatus {
    private static final Map<Class<?>, Function<Object, Answer>> REFUSALS = OutcomeStatus.complete(
            AdminRefusal.class,
            row(
                    AdminRefusal.AccountNotFound.class,
                    no -> new Answer(Code.NOT_FOUND, "USER_NOT_FOUND", "there is no such account")
                            .with("user", cut(no.user()))),
            row(
                    AdminRefusal.KeyNotFound.class,
                    no -> new Answer(Code.NOT_FOUND, "KEY_NOT_FOUND", "there is no such key")
                            .with("key_id", cut(no.keyId()))),
            row(
                    AdminRefusal.TierNotFound.class,
                    no -> new Answer(Code.NOT_FOUND, "TIER_NOT_FOUND", "there is no such tier")
                            .with("tier", cut(no.name()))),
            row(
                    AdminRefusal.AccountNameTaken.class,
                    no -> new Answer(Code.ALREADY_EXISTS, "USER_NAME_TAKEN", "an account of this name exists")
                            .with("name", cut(no.name()))),
            row(
                    AdminRefusal.TierNameTaken.class,
                    no -> new Answer(Code.ALREADY_EXISTS, "TIER_NAME_TAKEN", "a tier of this name exists")
                            .with("name", cut(no.name()))),
            row(
                    AdminRefusal.EtagMismatch.class,
                    no -> new Answer(
                                    Code.ABORTED,
                                    "ETAG_MISMATCH",
                                    "it changed since it was read: read it again, and try with its etag")
                            .with("etag", no.current())),
            row(
                    AdminRefusal.RequestIdReused.class,
                    no -> new Answer(
                            Code.ALREADY_EXISTS,
                            "REQUEST_ID_REUSED",
                            "this request_id stands for a request with other content")),
            row(
                    AdminRefusal.ScopeNotHeld.class,
                    no -> new Answer(
                                    Code.PERMISSION_DENIED,
                                    "SCOPE_NOT_HELD",
                                    "this key can neither give a scope that it lacks nor change a key that has one")
                            .with("scope", no.scope().name().toLowerCase(Locale.ROOT))),
            row(
                    AdminRefusal.KeyWider.class,
                    no -> new Answer(
                                    Code.PERMISSION_DENIED,
                                    "KEY_WIDER",
                                    "this key can neither change nor replace a key that may do more than itself")
                            .with("field", no.field())),
            row(
                    AdminRefusal.KeyNotActive.class,
                    no -> new Answer(
                                    Code.FAILED_PRECONDITION,
                                    "KEY_NOT_ACTIVE",
                                    "the key is revoked or expired for good: issue another")
                            .with("key_id", no.keyId())),
            row(
                    AdminRefusal.OwnAccount.class,
                    no -> new Answer(
                            Code.FAILED_PRECONDITION,
                            "OWN_ACCOUNT",
                            "this would shut out the account that asks for it")),
            row(
                    AdminRefusal.OwnKey.class,
                    no -> new Answer(
                            Code.FAILED_PRECONDITION,
                            "OWN_KEY",
                            "this would revoke the key that asks for it: rotate it, or use another key")),
            row(
                    AdminRefusal.KeyLimitReached.class,
                    no -> new Answer(
                                    Code.RESOURCE_EXHAUSTED,
                                    "KEY_LIMIT_REACHED",
                                    "an account may have %d keys %s".formatted(no.limit(), no.period()))
                            .with("limit", no.limit())
                            .quota("account", "keys " + no.period())),
            row(
                    AdminRefusal.ChangesSpent.class,
                    no -> new Answer(
                                    Code.RESOURCE_EXHAUSTED,
                                    "CHANGES_SPENT",
                                    "a key may make %d changes in a UTC minute".formatted(no.limit()))
                            .with("limit", no.limit())
                            .quota("key", "changes in a minute")
                            .retryAfter(no.retryAfter())));

    private static final int ECHOED_CHARACTERS = 128;

    private AdminStatus() {}

    static Answer of(AdminRefusal refusal) {
        return OutcomeStatus.answer(REFUSALS, refusal);
    }

    // What a client sent comes back in the trailers, which are bounded.
    private static String cut(String text) {
        return text.substring(0, Math.min(text.length(), ECHOED_CHARACTERS));
    }
}

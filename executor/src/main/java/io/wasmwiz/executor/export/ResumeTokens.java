package io.wasmwiz.executor.export;

import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;

/** Positions as texts that only this account can use again, with the same filter, and nobody can make. Thread-safe. */
final class ResumeTokens {
    private static final int MAX_CHARACTERS = 65_536;

    private final TokenKeys keys;

    ResumeTokens(TokenKeys keys) {
        this.keys = keys;
    }

    String encode(UUID accountId, ExportFilter filter, ExportPosition position) {
        return keys.signed(purpose(accountId, filter), position.encoded());
    }

    /** The position in {@code token}; empty for the beginning. Throws the refusal of any other text. */
    Optional<ExportPosition> decode(UUID accountId, ExportFilter filter, String token) {
        if (token.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of((token.length() > MAX_CHARACTERS
                        ? Optional.<byte[]>empty()
                        : keys.verified(purpose(accountId, filter), token))
                .map(ExportPosition::decode)
                .orElseThrow(() -> new RefusedException(new Refusal.InvalidFields(
                        "resume_token",
                        "RESUME_TOKEN_INVALID",
                        "resume_token must be empty, or one that this account was given by this method with the same"
                                + " filters, and whose signing key this server still has"))));
    }

    private static byte[] purpose(UUID accountId, ExportFilter filter) {
        return ("ExportUsage\0" + accountId + "\0" + filter.fingerprint()).getBytes(StandardCharsets.UTF_8);
    }
}

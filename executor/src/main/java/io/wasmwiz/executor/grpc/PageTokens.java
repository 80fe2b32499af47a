package io.wasmwiz.executor.grpc;

import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Page sizes and page tokens of the listing calls. A token is a position and a code over account, call (with its filter)
 * and position, so that a damaged one, or one of another account, call or filter, is noticed. It is no secret and needs none: every listing reads
 * only the caller's own rows, whatever position it is given. So all replicas understand it without sharing a key.
 * Stateless.
 */
final class PageTokens {
    static final int DEFAULT_SIZE = 100;
    static final int MAX_SIZE = 1_000;

    private static final int CODE_BYTES = 16;
    private static final int MAX_CHARACTERS = 128;

    private PageTokens() {}

    /** A position: a time in whole microseconds and what tells equals apart. */
    record Position(Instant time, byte[] key) {}

    /** The page size meant by {@code size}. */
    static int size(int size) {
        if (size < 0 || size > MAX_SIZE) {
            throw new RefusedException(new Refusal.InvalidFields(
                    "page_size",
                    "PAGE_SIZE_INVALID",
                    "page_size must be 1 to %d, or 0 for %d, was %d".formatted(MAX_SIZE, DEFAULT_SIZE, size)));
        }
        return size == 0 ? DEFAULT_SIZE : size;
    }

    static String encode(UUID accountId, String call, Position position) {
        return encode(
                accountId,
                call,
                ByteBuffer.allocate(Long.BYTES + position.key().length)
                        .putLong(ChronoUnit.MICROS.between(Instant.EPOCH, position.time()))
                        .put(position.key())
                        .array());
    }

    /** A token of a position in another form, at most 80 bytes. */
    static String encode(UUID accountId, String call, byte[] body) {
        byte[] token = ByteBuffer.allocate(CODE_BYTES + body.length)
                .put(code(accountId, call, body))
                .put(body)
                .array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
    }

    /** The position in {@code token}; empty for the first page. */
    static Optional<Position> decode(UUID accountId, String call, int keyBytes, String token) {
        int bytes = Long.BYTES + keyBytes;
        return decode(accountId, call, bytes, bytes, token).map(body -> {
            Instant time = Instant.EPOCH.plus(ByteBuffer.wrap(body).getLong(), ChronoUnit.MICROS);
            return new Position(time, Arrays.copyOfRange(body, Long.BYTES, body.length));
        });
    }

    /** The position in {@code token} as it was encoded, {@code least} to {@code most} bytes; empty for the first page. */
    static Optional<byte[]> decode(UUID accountId, String call, int least, int most, String token) {
        if (token.isEmpty()) {
            return Optional.empty();
        }
        byte[] bytes = bytesOf(token);
        if (bytes.length < CODE_BYTES + least || bytes.length > CODE_BYTES + most) {
            throw invalid();
        }
        byte[] body = Arrays.copyOfRange(bytes, CODE_BYTES, bytes.length);
        if (!MessageDigest.isEqual(code(accountId, call, body), Arrays.copyOf(bytes, CODE_BYTES))) {
            throw invalid();
        }
        return Optional.of(body);
    }

    private static byte[] bytesOf(String token) {
        if (token.length() > MAX_CHARACTERS) {
            throw invalid();
        }
        try {
            return Base64.getUrlDecoder().decode(token);
        } catch (IllegalArgumentException e) {
            throw invalid();
        }
    }

    private static byte[] code(UUID accountId, String call, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(accountId.toString().getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
            mac.update(call.getBytes(StandardCharsets.UTF_8));
            mac.update((byte) 0);
            return Arrays.copyOf(mac.doFinal(body), CODE_BYTES);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has HmacSHA256", e);
        }
    }

    private static RefusedException invalid() {
        return new RefusedException(new Refusal.InvalidFields(
                "page_token",
                "PAGE_TOKEN_INVALID",
                "page_token must be empty or the next_page_token that this account was given by this method"));
    }
}

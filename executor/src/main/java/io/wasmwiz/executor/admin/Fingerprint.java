package io.wasmwiz.executor.admin;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * SHA-256 over fields that cannot run into each other: each is its length in bytes of UTF-8 as four bytes, most
 * significant first, then these bytes; null is the length -1 alone. Not thread-safe; one result each.
 */
final class Fingerprint {
    private static final int ETAG_BYTES = 12;

    private final MessageDigest digest;

    Fingerprint() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /** Bytes of a fixed length, as they are. */
    Fingerprint raw(byte[] bytes) {
        digest.update(bytes);
        return this;
    }

    /** A field as its text. */
    Fingerprint add(@Nullable Object field) {
        if (field == null) {
            digest.update(length(-1));
        } else {
            byte[] bytes = field.toString().getBytes(StandardCharsets.UTF_8);
            digest.update(length(bytes.length));
            digest.update(bytes);
        }
        return this;
    }

    byte[] sha256() {
        return digest.digest();
    }

    /** Short and printable: tells versions of one thing apart. */
    String etag() {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(sha256(), ETAG_BYTES));
    }

    private static byte[] length(int length) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(length).array();
    }
}

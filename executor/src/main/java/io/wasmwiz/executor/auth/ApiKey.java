package io.wasmwiz.executor.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The text that a client shows: {@code ww_}, 30 random characters (178 bits) and 6 of checksum, 39 in all. Characters are
 * base62 in the order {@code 0-9A-Za-z}; the checksum is CRC32 of the 33 characters before it as a base62 number, most
 * significant digit first, padded with {@code 0}. It tells a mistyped key from an unknown one without a database read and
 * protects nothing: only the SHA-256 of the whole text, which is all that we store, does.
 *
 * <p>Immutable. {@link #toString} withholds the text.
 */
public final class ApiKey {
    private static final String PREFIX = "ww_";
    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int RANDOM_CHARACTERS = 30;
    private static final int CHECKSUM_CHARACTERS = 6;
    private static final int BODY_LENGTH = PREFIX.length() + RANDOM_CHARACTERS;

    /** Characters of a key. */
    public static final int LENGTH = BODY_LENGTH + CHECKSUM_CHARACTERS;

    private final String text;

    private ApiKey(String text) {
        this.text = text;
    }

    /** A new key. */
    public static ApiKey generate(SecureRandom random) {
        StringBuilder body = new StringBuilder(LENGTH).append(PREFIX);
        for (int i = 0; i < RANDOM_CHARACTERS; i++) {
            body.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return new ApiKey(body + checksum(body.toString()));
    }

    /** The key that {@code text} is; empty when its length, characters or checksum are wrong. */
    public static Optional<ApiKey> parse(String text) {
        if (text.length() != LENGTH || !text.startsWith(PREFIX)) {
            return Optional.empty();
        }
        for (int i = PREFIX.length(); i < LENGTH; i++) {
            if (!isOfAlphabet(text.charAt(i))) {
                return Optional.empty();
            }
        }
        byte[] expected = checksum(text.substring(0, BODY_LENGTH)).getBytes(StandardCharsets.US_ASCII);
        byte[] actual = text.substring(BODY_LENGTH).getBytes(StandardCharsets.US_ASCII);
        return MessageDigest.isEqual(expected, actual) ? Optional.of(new ApiKey(text)) : Optional.empty();
    }

    private static boolean isOfAlphabet(char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }

    /** The secret itself, to be shown once to the one it was made for. */
    public String text() {
        return text;
    }

    /** What is stored and looked up. */
    public ApiKeyHash hash() {
        try {
            return ApiKeyHash.ofSha256(
                    MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ApiKey that && hash().equals(that.hash());
    }

    @Override
    public int hashCode() {
        return hash().hashCode();
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "ApiKey[withheld]";
    }

    private static String checksum(String body) {
        CRC32 crc = new CRC32();
        crc.update(body.getBytes(StandardCharsets.US_ASCII));
        char[] digits = new char[CHECKSUM_CHARACTERS];
        long rest = crc.getValue();
        for (int i = CHECKSUM_CHARACTERS - 1; i >= 0; i--) {
            digits[i] = ALPHABET.charAt((int) (rest % ALPHABET.length()));
            rest /= ALPHABET.length();
        }
        return new String(digits);
    }
}

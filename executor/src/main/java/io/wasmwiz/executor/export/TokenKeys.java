package io.wasmwiz.executor.export;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys that tokens are signed with, by HMAC-SHA256 cut to 128 bits. The first one signs, all of them are believed: to
 * change the key, put a new one in front on every executor, and take the old one away when no token of it is of use any
 * more. To be sure that each executor knows a key before another signs with it, add it at the end first. Thread-safe.
 */
public final class TokenKeys {
    static final String FORM =
            "ID:KEY[,ID:KEY…], 1 to 8 of them, ID a different number from 0 to 255 each, KEY 32 to 64 bytes in Base64;"
                    + " the first signs";

    private static final String ALGORITHM = "HmacSHA256";
    private static final int SIGNATURE_BYTES = 16;
    private static final int MAX_KEYS = 8;

    private final int signer;
    private final Map<Integer, SecretKeySpec> keys;

    private TokenKeys(Map<Integer, SecretKeySpec> keys) {
        this.keys = Map.copyOf(keys);
        this.signer = keys.keySet().iterator().next();
    }

    /** The keys of {@code text}; throws IllegalArgumentException, which does not repeat it, when it has another form. */
    public static TokenKeys parse(String text) {
        Map<Integer, SecretKeySpec> keys = new LinkedHashMap<>();
        for (String entry : text.strip().split(",", -1)) {
            String[] parts = entry.strip().split(":", -1);
            if (parts.length != 2 || !parts[0].matches("[0-9]{1,3}") || Integer.parseInt(parts[0]) > 255) {
                throw new IllegalArgumentException("token keys must be " + FORM);
            }
            byte[] key = decode(parts[1]);
            if (key.length < 32
                    || key.length > 64
                    || keys.put(Integer.parseInt(parts[0]), new SecretKeySpec(key, ALGORITHM)) != null) {
                throw new IllegalArgumentException("token keys must be " + FORM);
            }
        }
        if (keys.size() > MAX_KEYS) {
            throw new IllegalArgumentException("token keys must be " + FORM);
        }
        return new TokenKeys(keys);
    }

    static boolean isValid(String text) {
        try {
            parse(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** A key that nobody else has. */
    public static TokenKeys random() {
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        return new TokenKeys(Map.of(0, new SecretKeySpec(key, ALGORITHM)));
    }

    private static byte[] decode(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("token keys must be " + FORM);
        }
    }

    /**
     * A token in Base64 for URLs.
     *
     * @param purpose what it is good for and whose it is; {@link #verified} must be told the same
     */
    public String signed(byte[] purpose, byte[] body) {
        byte[] token = new byte[1 + SIGNATURE_BYTES + body.length];
        token[0] = (byte) signer;
        System.arraycopy(signature(signer, purpose, body), 0, token, 1, SIGNATURE_BYTES);
        System.arraycopy(body, 0, token, 1 + SIGNATURE_BYTES, body.length);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
    }

    /** The body of {@code token}; empty unless one of the keys signed it for {@code purpose}. */
    public Optional<byte[]> verified(byte[] purpose, String token) {
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(token);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        if (bytes.length <= SIGNATURE_BYTES || !keys.containsKey(bytes[0] & 0xff)) {
            return Optional.empty();
        }
        byte[] body = Arrays.copyOfRange(bytes, 1 + SIGNATURE_BYTES, bytes.length);
        byte[] told = Arrays.copyOfRange(bytes, 1, 1 + SIGNATURE_BYTES);
        return MessageDigest.isEqual(told, signature(bytes[0] & 0xff, purpose, body))
                ? Optional.of(body)
                : Optional.empty();
    }

    private byte[] signature(int id, byte[] purpose, byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(keys.get(id));
            mac.update((byte) (purpose.length >> 8));
            mac.update((byte) purpose.length);
            mac.update(purpose);
            return Arrays.copyOf(mac.doFinal(body), SIGNATURE_BYTES);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has " + ALGORITHM, e);
        }
    }

    /** Without the keys. */
    @Override
    public String toString() {
        return "TokenKeys[signer=" + signer + ", keys=" + keys.size() + "]";
    }
}

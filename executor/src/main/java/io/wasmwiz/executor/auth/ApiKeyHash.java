package io.wasmwiz.executor.auth;

import java.nio.ByteBuffer;
import java.security.MessageDigest;

/** SHA-256 of an {@link ApiKey}'s text. Immutable; compared in constant time; {@link #toString} withholds it. */
public final class ApiKeyHash {
    private final byte[] sha256;

    private ApiKeyHash(byte[] sha256) {
        this.sha256 = sha256;
    }

    /** From 32 bytes, which are copied. */
    public static ApiKeyHash ofSha256(byte[] sha256) {
        if (sha256.length != 32) {
            throw new IllegalArgumentException("a SHA-256 has 32 bytes, not " + sha256.length);
        }
        return new ApiKeyHash(sha256.clone());
    }

    /** The 32 bytes, copied. */
    public byte[] sha256() {
        return sha256.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ApiKeyHash that && MessageDigest.isEqual(sha256, that.sha256);
    }

    /** Four of the bytes, which are evenly spread. */
    @Override
    public int hashCode() {
        return ByteBuffer.wrap(sha256).getInt();
    }

    @Override
    public String toString() {
        return "ApiKeyHash[withheld]";
    }
}

package io.wasmwiz.executor.claims;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/** SHA-256 of what a request asks for. Immutable. */
public final class ContentHash {
    private final byte[] sha256;

    /** Of 32 bytes, which the caller does not change any more. */
    public ContentHash(byte[] sha256) {
        if (sha256.length != 32) {
            throw new IllegalArgumentException("a SHA-256 has 32 bytes, not " + sha256.length);
        }
        this.sha256 = sha256;
    }

    /** Adds its 32 bytes to what {@code digest} is over. */
    void addTo(MessageDigest digest) {
        digest.update(sha256);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ContentHash that && Arrays.equals(sha256, that.sha256);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sha256);
    }

    /** 64 lower-case hex digits. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(sha256);
    }
}

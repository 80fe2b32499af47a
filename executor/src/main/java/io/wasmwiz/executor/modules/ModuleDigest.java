package io.wasmwiz.executor.modules;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/** SHA-256 of a module's bytes: its name within an account. Immutable. */
public final class ModuleDigest {
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    private final byte[] sha256;

    private ModuleDigest(byte[] sha256) {
        this.sha256 = sha256;
    }

    /** The digest of {@code module}. */
    public static ModuleDigest of(byte[] module) {
        try {
            return new ModuleDigest(MessageDigest.getInstance("SHA-256").digest(module));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /** From 32 bytes, which are copied. */
    public static ModuleDigest ofSha256(byte[] sha256) {
        if (sha256.length != 32) {
            throw new IllegalArgumentException("a SHA-256 has 32 bytes, not " + sha256.length);
        }
        return new ModuleDigest(sha256.clone());
    }

    /** From 64 lower-case hex digits; empty for anything else. */
    public static Optional<ModuleDigest> parse(String hex) {
        return HEX.matcher(hex).matches()
                ? Optional.of(new ModuleDigest(HexFormat.of().parseHex(hex)))
                : Optional.empty();
    }

    /** The 32 bytes, copied. */
    public byte[] sha256() {
        return sha256.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ModuleDigest that && Arrays.equals(sha256, that.sha256);
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

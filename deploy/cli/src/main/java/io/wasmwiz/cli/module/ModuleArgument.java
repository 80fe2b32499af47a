package io.wasmwiz.cli.module;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A module as given on the command line.
 *
 * @param digest SHA-256, 64 lower-case hex digits
 * @param bytes the module; null when only its digest was given
 */
public record ModuleArgument(String digest, @Nullable ByteString bytes) {
    /** Beyond what any server takes unless configured otherwise; keeps a wrong file from filling memory. */
    public static final long LARGEST_BYTES = 64L << 20;

    // \0asm and version 1. A component has another version in the same place.
    private static final byte[] CORE_MODULE = {0, 'a', 's', 'm', 1, 0, 0, 0};

    /**
     * A digest is taken as it is; anything else is a file, read whole.
     *
     * @throws CommandFailure when there is no such file or it is not a module
     */
    public static ModuleArgument parse(String text, Path directory) {
        return isDigest(text)
                ? new ModuleArgument(text.toLowerCase(Locale.ROOT), null)
                : readFile(directory.resolve(text));
    }

    /** Whether {@code text} is 64 hex digits. */
    public static boolean isDigest(String text) {
        return text.length() == 64 && text.chars().allMatch(c -> Character.digit(c, 16) >= 0 && c < 0x80);
    }

    /** Reads a module; the header is checked here so that the wrong file is not sent anywhere. */
    public static ModuleArgument readFile(Path file) {
        byte[] bytes = BoundedInput.read(file, LARGEST_BYTES);
        String fault = faultOf(bytes);
        if (fault != null) {
            throw new CommandFailure(ExitCode.DATA, file + " is not a WebAssembly module that can run", fault);
        }
        return new ModuleArgument(sha256(bytes), UnsafeByteOperations.unsafeWrap(bytes));
    }

    private static @Nullable String faultOf(byte[] bytes) {
        if (bytes.length < CORE_MODULE.length || !startsWith(bytes, 4)) {
            return bytes.length > 0 && (bytes[0] == '(' || bytes[0] == ';')
                    ? "it is text: turn it into a binary first, for example with wat2wasm"
                    : "a binary that starts with 00 61 73 6d is expected";
        }
        return startsWith(bytes, CORE_MODULE.length)
                ? null
                : "its version is not 1: components are not supported, only core modules (WASI preview1 commands)";
    }

    private static boolean startsWith(byte[] bytes, int length) {
        return java.util.Arrays.equals(bytes, 0, length, CORE_MODULE, 0, length);
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}

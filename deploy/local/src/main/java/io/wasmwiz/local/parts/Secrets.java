package io.wasmwiz.local.parts;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The passwords and API keys of one data directory, made at its first start and kept in a file that only its owner may
 * read: the database holds hashes alone, and the next start must find the same keys. Not thread-safe.
 */
public final class Secrets {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final int PASSWORD_BYTES = 24;
    private static final int TOKEN_KEY_BYTES = 32;

    private final Path file;
    private final Properties values;
    private final SecureRandom random = new SecureRandom();

    private Secrets(Path file, Properties values) {
        this.file = file;
        this.values = values;
    }

    /** Reads {@code file}, or begins anew where there is none. */
    public static Secrets open(Path file) throws IOException {
        Properties values = new Properties();
        if (Files.exists(file)) {
            try (InputStream in = Files.newInputStream(file)) {
                values.load(in);
            }
        }
        return new Secrets(file, values);
    }

    /** The password called {@code name}, made now if it is new. */
    public String password(String name) throws IOException {
        return get("password." + name, () -> {
            byte[] bytes = new byte[PASSWORD_BYTES];
            random.nextBytes(bytes);
            return HexFormat.of().formatHex(bytes);
        });
    }

    /** The key that resume tokens are signed with, in the form of the executor's flag, made now if it is new. */
    public String tokenKeys() throws IOException {
        return get("token-keys", () -> {
            byte[] bytes = new byte[TOKEN_KEY_BYTES];
            random.nextBytes(bytes);
            return "1:" + Base64.getEncoder().encodeToString(bytes);
        });
    }

    /** The API key of {@code tier}, made now by {@code generator} if it is new. */
    public String apiKey(String tier, Supplier<String> generator) throws IOException {
        return get("api-key." + tier, generator);
    }

    private String get(String name, Supplier<String> generator) throws IOException {
        String value = values.getProperty(name);
        if (value == null) {
            value = generator.get();
            values.setProperty(name, value);
            save();
        }
        return value;
    }

    private void save() throws IOException {
        if (!Files.exists(file)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        }
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.TRUNCATE_EXISTING)) {
            values.store(out, "Secrets of this local stack. Delete the whole data directory to begin anew.");
        }
    }

    /** Without the values. */
    @Override
    public String toString() {
        return "Secrets[" + file + "]";
    }
}

package io.wasmwiz.embedded;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What an {@link EmbeddedPostgres} runs on.
 *
 * @param directory its own directory: data, log and lock; made if absent
 * @param password of the superuser {@code postgres}, 1 to 200 printable ASCII characters; set when the data is first made
 * @param port TCP port on 127.0.0.1; 0 takes a free one, anew at each start of a new instance
 * @param binaries which PostgreSQL
 * @param cacheDirectory where the programs are unpacked, shared by all instances
 * @param settings server settings by name, as in postgresql.conf; unless they say {@code fsync=off}, writes are durable
 */
public record EmbeddedPostgresConfig(
        Path directory,
        String password,
        int port,
        PostgresBinaries binaries,
        Path cacheDirectory,
        Map<String, String> settings) {
    private static final Pattern PASSWORD = Pattern.compile("[\\x20-\\x7e]{1,200}");
    private static final Pattern SETTING = Pattern.compile("[a-z_][a-z0-9_.]{0,62}");
    private static final Set<String> OURS =
            Set.of("port", "listen_addresses", "unix_socket_directories", "data_directory", "hba_file");

    public EmbeddedPostgresConfig {
        directory = directory.toAbsolutePath().normalize();
        cacheDirectory = cacheDirectory.toAbsolutePath().normalize();
        settings = Map.copyOf(settings);
        if (!PASSWORD.matcher(password).matches()) {
            throw new IllegalArgumentException("the password must be 1 to 200 printable ASCII characters");
        }
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("the port must be 0 to 65535, was " + port);
        }
        for (String name : settings.keySet()) {
            if (!SETTING.matcher(name).matches() || OURS.contains(name)) {
                throw new IllegalArgumentException("the server setting '" + name + "' cannot be set here");
            }
        }
    }

    /** The class path's PostgreSQL on a free port, durable, with the standard cache. */
    public static EmbeddedPostgresConfig of(Path directory, String password) {
        return new EmbeddedPostgresConfig(
                directory, password, 0, PostgresBinaries.onClassPath(), CacheDirectory.standard(), Map.of());
    }

    /** With another port. */
    public EmbeddedPostgresConfig withPort(int newPort) {
        return new EmbeddedPostgresConfig(directory, password, newPort, binaries, cacheDirectory, settings);
    }

    /** With another PostgreSQL. */
    public EmbeddedPostgresConfig withBinaries(PostgresBinaries newBinaries) {
        return new EmbeddedPostgresConfig(directory, password, port, newBinaries, cacheDirectory, settings);
    }

    /** With another place for the unpacked programs. */
    public EmbeddedPostgresConfig withCacheDirectory(Path newCacheDirectory) {
        return new EmbeddedPostgresConfig(directory, password, port, binaries, newCacheDirectory, settings);
    }

    /** With these server settings instead. */
    public EmbeddedPostgresConfig withSettings(Map<String, String> newSettings) {
        return new EmbeddedPostgresConfig(directory, password, port, binaries, cacheDirectory, newSettings);
    }

    /** Whether what is committed survives a power failure. */
    boolean durable() {
        return !"off".equals(settings.get("fsync"));
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "EmbeddedPostgresConfig[directory=%s, port=%d, binaries=%s, cacheDirectory=%s, settings=%s]"
                .formatted(directory, port, binaries, cacheDirectory, settings.keySet());
    }
}

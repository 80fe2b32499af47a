package io.wasmwiz.executor.sandbox.wasmtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of compiled code that the workers share, so that one compilation serves all. What lies in it is executed,
 * so it is new, only its owner can enter it, and it is removed at the end. The engine keeps it near its size limit.
 */
final class CompileCache implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CompileCache.class);

    private static final int DELETE_ATTEMPTS = 40;
    private static final long DELETE_PAUSE_NANOS = 25_000_000;

    private static final String SETTINGS = """
            [cache]
            enabled = true
            directory = "%s"
            cleanup-interval = "5m"
            files-total-size-soft-limit = "1Gi"
            file-count-soft-limit = "16384"
            """;

    private final Path directory;

    private CompileCache(Path directory) {
        this.directory = directory;
    }

    static CompileCache open() {
        try {
            var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
            var cache = new CompileCache(
                    Files.createTempDirectory("wasmwiz-code-", owner).toAbsolutePath());
            Files.writeString(
                    cache.settings(), SETTINGS.formatted(Files.createDirectory(cache.directory.resolve("modules"))));
            return cache;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make a directory for compiled code", e);
        }
    }

    /** The file that the engine's configuration loads. */
    Path settings() {
        return directory.resolve("cache.toml");
    }

    /** Tries again for a while: the engine's own thread may still be adding a file. */
    @Override
    public void close() {
        for (int attempt = 0; Files.exists(directory); attempt++) {
            try {
                delete();
            } catch (IOException | UncheckedIOException e) {
                if (attempt == DELETE_ATTEMPTS) {
                    log.atWarn()
                            .addKeyValue("directory", directory)
                            .setCause(e)
                            .log("directory of compiled code was left behind");
                    return;
                }
                LockSupport.parkNanos(DELETE_PAUSE_NANOS);
            }
        }
    }

    private void delete() throws IOException {
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}

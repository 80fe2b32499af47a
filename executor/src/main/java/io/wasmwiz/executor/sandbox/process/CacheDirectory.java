package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.service.BuildInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of one executor, locked while it lives. Only its owner may write to it; when sandbox processes have user
 * ids of their own, their group may read what is shared with it.
 */
final class CacheDirectory implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CacheDirectory.class);

    private static final String PREFIX = "wasmwiz-code-";
    private static final String LOCK = "lock";
    private static final int ATTEMPTS = 40;
    private static final long PAUSE_NANOS = 25_000_000;

    /** The engine's own limits are out of reach: the executor bounds this cache. */
    private static final String SETTINGS = """
            [cache]
            enabled = true
            directory = "%s"
            cleanup-interval = "365d"
            files-total-size-soft-limit = "1Ti"
            file-count-soft-limit = "10000000"
            """;

    /**
     * Those of executors in this process. Their lock files must not even be opened: the kernel takes a process's locks on
     * a file away when the process closes any descriptor of it (fcntl(2), "Advisory record locking").
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final boolean temporary;
    private final Isolation isolation;
    private final FileLock lock;

    private CacheDirectory(Path path, boolean temporary, Isolation isolation, FileLock lock) throws IOException {
        this.path = path;
        this.temporary = temporary;
        this.isolation = isolation;
        this.lock = lock;
        shareDirectory(path);
    }

    /**
     * Opens the configured directory, or a new one that goes when it is closed; then those of dead executors go, too.
     *
     * @throws IllegalStateException when another executor uses the configured one
     */
    static CacheDirectory open(Optional<Path> configured, Isolation isolation) {
        try {
            return configured.isPresent() ? permanent(configured.get(), isolation) : temporary(isolation);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a directory for compiled code", e);
        }
    }

    private static CacheDirectory permanent(Path configured, Isolation isolation) throws IOException {
        Path path = Files.createDirectories(configured).toRealPath();
        if (!Files.getOwner(path).getName().equals(System.getProperty("user.name"))) {
            throw new IllegalStateException("--code-cache-dir " + path + " must be owned by "
                    + System.getProperty("user.name") + ", because what is in it is executed");
        }
        FileLock lock = lock(path);
        if (lock == null) {
            throw new IllegalStateException(
                    "--code-cache-dir " + path + " is in use by another executor: give each its own");
        }
        CacheDirectory directory = new CacheDirectory(path, false, isolation, lock);
        // Another version may rewrite modules otherwise, and its code would not be found.
        Path version = path.resolve("version");
        if (!Files.exists(version) && !directory.isNew()) {
            release(path, lock);
            throw new IllegalStateException(
                    "--code-cache-dir " + path + " holds something else: name an empty directory");
        }
        if (!Files.exists(version) || !Files.readString(version).equals(BuildInfo.version())) {
            directory.deleteAllButTheLock();
            Files.writeString(version, BuildInfo.version());
        }
        delete(directory.path.resolve("lib"));
        return directory;
    }

    private static CacheDirectory temporary(Isolation isolation) throws IOException {
        removeThoseOfDeadExecutors();
        while (true) {
            Path path = Files.createTempDirectory(
                            PREFIX, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
                    .toRealPath();
            FileLock lock = lock(path);
            // Null when another executor that starts took it for that of a dead one.
            if (lock != null) {
                return new CacheDirectory(path, true, isolation, lock);
            }
        }
    }

    private static void removeThoseOfDeadExecutors() throws IOException {
        List<Path> left;
        try (Stream<Path> paths = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            left = paths.filter(path -> String.valueOf(path.getFileName()).startsWith(PREFIX))
                    .toList();
        }
        for (Path path : left) {
            try {
                boolean ours = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                        && Files.getOwner(path).getName().equals(System.getProperty("user.name"))
                        && Files.exists(path.resolve(LOCK));
                Path real = path.toRealPath();
                FileLock lock = ours ? lock(real) : null;
                if (lock != null) {
                    delete(real);
                    release(real, lock);
                }
            } catch (IOException | UncheckedIOException e) {
                log.atDebug().addKeyValue("directory", path).setCause(e).log("directory was left as it is");
            }
        }
    }

    /** Null when an executor has it. */
    private static @Nullable FileLock lock(Path path) throws IOException {
        if (!HELD.add(path)) {
            return null;
        }
        FileLock lock = null;
        FileChannel channel = null;
        try {
            channel = FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock = channel.tryLock();
            return lock;
        } finally {
            if (lock == null) {
                if (channel != null) {
                    channel.close();
                }
                HELD.remove(path);
            }
        }
    }

    private static void release(Path path, FileLock lock) throws IOException {
        try {
            lock.acquiredBy().close();
        } finally {
            HELD.remove(path);
        }
    }

    Path path() {
        return path;
    }

    /** Writes settings that make the engine keep its code below {@code cached}. */
    Path writeSettings(String name, Path cached) throws IOException {
        Path settings = path.resolve(name + ".toml");
        Files.writeString(settings, SETTINGS.formatted(cached));
        shareFile(settings);
        return settings;
    }

    /** Lets the sandboxes' group enter. */
    void shareDirectory(Path directory) throws IOException {
        share(directory, "rwxr-x---", "rwx------");
    }

    /** Lets the sandboxes' group read. */
    void shareFile(Path file) throws IOException {
        share(file, "rw-r-----", "rw-------");
    }

    private void share(Path file, String shared, String own) throws IOException {
        boolean others = isolation.switchesUsers();
        Set<PosixFilePermission> permissions = PosixFilePermissions.fromString(others ? shared : own);
        if (others) {
            Files.setAttribute(file, "unix:gid", isolation.groupId());
        }
        Files.setPosixFilePermissions(file, permissions);
    }

    /** Makes a compiler the owner. */
    void give(Path directory, int userId) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        if (isolation.switchesUsers()) {
            Files.setAttribute(directory, "unix:uid", userId);
        }
    }

    /** Makes an empty file of a size, whose owner is a sandbox process; there may be one of a dead process. */
    Path makeFile(String name, int bytes, int userId) throws IOException {
        Path file = path.resolve(name);
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(file, new byte[bytes]);
        if (isolation.switchesUsers()) {
            Files.setAttribute(file, "unix:uid", userId);
        }
        return file;
    }

    private boolean isNew() throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.allMatch(file -> file.endsWith(LOCK));
        }
    }

    private void deleteAllButTheLock() throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            for (Path file : files.filter(file -> !file.endsWith(LOCK)).toList()) {
                delete(file);
            }
        }
    }

    /** Without following links. */
    static void delete(Path directory) throws IOException {
        if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** Tries again for a while: a process that was killed may be adding its last file. */
    @Override
    public void close() {
        try {
            for (int attempt = 0; temporary && Files.exists(path); attempt++) {
                try {
                    delete(path);
                } catch (IOException | UncheckedIOException e) {
                    if (attempt == ATTEMPTS) {
                        throw e;
                    }
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            log.atWarn().addKeyValue("directory", path).setCause(e).log("directory of compiled code was left behind");
        } finally {
            try {
                release(path, lock);
            } catch (IOException e) {
                log.atWarn().setCause(e).log("lock file could not be closed");
            }
        }
    }
}

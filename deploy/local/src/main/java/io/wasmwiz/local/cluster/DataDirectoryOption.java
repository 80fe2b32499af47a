package io.wasmwiz.local.cluster;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flag that names a running cluster; a picocli mixin. */
final class DataDirectoryOption {
    @Option(
            names = "--data-dir",
            paramLabel = "D",
            description = "Of the running cluster. Default: .wasmwiz/cluster in the repository.")
    private @Nullable Path directory;

    Path directory() {
        return directory == null ? standard() : directory.toAbsolutePath().normalize();
    }

    static Path standard() {
        return Path.of(System.getProperty("wasmwiz.home", "."))
                .toAbsolutePath()
                .normalize()
                .resolve(".wasmwiz/cluster");
    }
}

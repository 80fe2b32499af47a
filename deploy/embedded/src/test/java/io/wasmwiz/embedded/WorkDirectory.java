package io.wasmwiz.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A directory of one test that the servers' users can enter, which JUnit's own would not let them as root. */
record WorkDirectory(Path path) implements AutoCloseable {
    static WorkDirectory create() throws IOException {
        Path path = Files.createTempDirectory("wasmwiz-embedded-test-");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new WorkDirectory(path);
    }

    Path resolve(String name) {
        return path.resolve(name);
    }

    @Override
    public void close() throws IOException {
        FileTrees.delete(path);
    }
}

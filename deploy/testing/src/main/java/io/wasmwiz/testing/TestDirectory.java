package io.wasmwiz.testing;

import io.wasmwiz.embedded.FileTrees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A temporary directory that a server of this JVM lives in. */
record TestDirectory(Path path) {
    static TestDirectory create(String name) {
        try {
            return new TestDirectory(Files.createTempDirectory("wasmwiz-test-" + name + "-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops {@code server} and deletes its directory when the JVM ends in order. */
    void deleteAtExitAfter(AutoCloseable server) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            try {
                                server.close();
                                FileTrees.delete(path);
                            } catch (Exception e) {
                                System.err.println("could not clean up " + path + ": " + e);
                            }
                        },
                        "stop " + path.getFileName()));
    }
}

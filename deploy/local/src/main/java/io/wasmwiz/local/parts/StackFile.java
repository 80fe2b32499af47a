package io.wasmwiz.local;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * {@code .wasmwiz/stack.json} while a stack runs: where it listens and its keys, for the command-line client. Only its
 * owner may read it. Closing removes it.
 */
final class StackFile implements AutoCloseable {
    private final Path file;

    private StackFile(Path file) {
        this.file = file;
    }

    /** Writes the file of {@code stack}, whole or not at all. */
    static StackFile write(Path home, LocalStack stack) {
        Path file = home.resolve(".wasmwiz/stack.json");
        long pid = ProcessHandle.current().pid();
        JsonObject processes = new JsonObject();
        processes.addProperty("stack", pid);
        processes.addProperty("postgresql", stack.postgresPid());
        JsonObject keys = new JsonObject();
        stack.accounts().forEach(account -> keys.addProperty(account.tier(), account.key()));
        JsonObject content = new JsonObject();
        content.addProperty("grpc", stack.grpcAddress());
        content.addProperty("executor_admin", stack.executorAdminAddress());
        content.addProperty("metering_admin", stack.meteringAdminAddress());
        content.addProperty("database_url", stack.readerUrl());
        content.addProperty("kafka", stack.kafkaBootstrapServers());
        content.addProperty("pid", pid);
        content.add("processes", processes);
        content.add("keys", keys);
        try {
            Files.createDirectories(file.getParent());
            Path fresh = Files.createTempFile(
                    file.getParent(),
                    "stack",
                    ".json",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(fresh, content.toString());
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new StackFile(file);
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

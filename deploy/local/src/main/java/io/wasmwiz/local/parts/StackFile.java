package io.wasmwiz.local.parts;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/**
 * {@code .wasmwiz/stack.json} while a stack runs: where it listens and its keys, for the command-line client. Only its
 * owner may read it. Closing removes it.
 */
public final class StackFile implements AutoCloseable {
    /**
     * What it says.
     *
     * @param grpc where executors serve: {@code host:port}, several separated by commas
     * @param executorAdmin {@code host:port} of the (first) executor's admin port
     * @param meteringAdmin {@code host:port} of the (first) worker's admin port
     * @param databaseUrl of a login that reads
     * @param kafka the brokers, separated by commas
     * @param processes ids by name, beside that of this JVM
     * @param accounts the seeded ones
     */
    public record Content(
            String grpc,
            String executorAdmin,
            String meteringAdmin,
            String databaseUrl,
            String kafka,
            Map<String, Long> processes,
            List<LocalAccount> accounts) {
        /** Without what is secret. */
        @Override
        public String toString() {
            return "Content[grpc=" + grpc + "]";
        }
    }

    private final Path file;

    private StackFile(Path file) {
        this.file = file;
    }

    /** Writes the file below {@code home}, whole or not at all. */
    public static StackFile write(Path home, Content stack) {
        Path file = home.resolve(".wasmwiz/stack.json");
        long pid = ProcessHandle.current().pid();
        JsonObject processes = new JsonObject();
        processes.addProperty("stack", pid);
        stack.processes().forEach(processes::addProperty);
        JsonObject keys = new JsonObject();
        stack.accounts().forEach(account -> keys.addProperty(account.tier(), account.key()));
        JsonObject content = new JsonObject();
        content.addProperty("grpc", stack.grpc());
        content.addProperty("executor_admin", stack.executorAdmin());
        content.addProperty("metering_admin", stack.meteringAdmin());
        content.addProperty("database_url", stack.databaseUrl());
        content.addProperty("kafka", stack.kafka());
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

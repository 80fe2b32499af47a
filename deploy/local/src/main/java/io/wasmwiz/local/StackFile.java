package io.wasmwiz.local;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
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
        Struct.Builder keys = Struct.newBuilder();
        stack.accounts().forEach(account -> keys.putFields(account.tier(), text(account.key())));
        long pid = ProcessHandle.current().pid();
        Struct content = Struct.newBuilder()
                .putFields("grpc", text(stack.grpcAddress()))
                .putFields("executor_admin", text(stack.executorAdminAddress()))
                .putFields("metering_admin", text(stack.meteringAdminAddress()))
                .putFields("database_url", text(stack.readerUrl()))
                .putFields("kafka", text(stack.kafkaBootstrapServers()))
                .putFields("pid", number(pid))
                .putFields(
                        "processes",
                        struct(Struct.newBuilder()
                                .putFields("stack", number(pid))
                                .putFields("postgresql", number(stack.postgresPid()))))
                .putFields("keys", struct(keys))
                .build();
        try {
            Files.createDirectories(file.getParent());
            Path fresh = Files.createTempFile(
                    file.getParent(),
                    "stack",
                    ".json",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(fresh, JsonFormat.printer().print(content));
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new StackFile(file);
    }

    private static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    private static Value number(double number) {
        return Value.newBuilder().setNumberValue(number).build();
    }

    private static Value struct(Struct.Builder fields) {
        return Value.newBuilder().setStructValue(fields).build();
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

package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.claims.ContentHash;
import io.wasmwiz.executor.execution.ExecuteCommand.InvocationWish;
import io.wasmwiz.executor.execution.ExecuteCommand.LimitsWish;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.FileTree;
import io.wasmwiz.executor.sandbox.Value;
import io.wasmwiz.executor.sandbox.ValueType;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * What makes two requests of one request id the same: SHA-256 over a form that every executor of every version writes
 * alike. In this order, numbers big-endian: the byte 1 (of this form); the module's SHA-256, whether it was brought along
 * or named; the input; the arguments; the environment by ascending key; the limits as they were wished, not as they are in
 * force, so that a change of tier does not make a repeat another request. Bytes and texts (UTF-8) follow their length, lists
 * and the environment their size, each in 4 bytes; a limit follows the byte 1 in 8 bytes (the time in seconds and 4 bytes of
 * nanoseconds), none is the byte 0. An invocation, where there is one, follows the byte 2: the export's name, then the
 * number of arguments in 4 bytes and each as its type (the byte 0 to 3 for i32, i64, f32, f64) and its bits in 8. Files,
 * where there are any, follow the byte 3: their number in 4 bytes, then each path and content, by ascending path. A request
 * without either has the hash that it had before there were any. Stateless.
 */
final class RequestContent {
    private static final int FORM = 1;
    private static final int INVOCATION = 2;
    private static final int FILES = 3;

    private RequestContent() {}

    static ContentHash hash(ExecuteCommand command, ModuleDigest module) {
        MessageDigest sha256 = sha256();
        try (DataOutputStream out =
                new DataOutputStream(new DigestOutputStream(OutputStream.nullOutputStream(), sha256))) {
            out.writeByte(FORM);
            out.write(module.sha256());
            write(out, command.input());
            out.writeInt(command.arguments().size());
            for (String argument : command.arguments()) {
                write(out, argument);
            }
            out.writeInt(command.environment().size());
            for (Map.Entry<String, String> entry : new TreeMap<>(command.environment()).entrySet()) {
                write(out, entry.getKey());
                write(out, entry.getValue());
            }
            write(out, command.limits());
            if (command.invocation().isPresent()) {
                write(out, command.invocation().get());
            }
            if (!command.files().isEmpty()) {
                write(out, command.files());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a digest does not fail", e);
        }
        return new ContentHash(sha256.digest());
    }

    /** Of a request that was checked, so that every argument has a value. */
    private static void write(DataOutputStream out, InvocationWish invocation) throws IOException {
        out.writeByte(INVOCATION);
        write(out, invocation.export());
        out.writeInt(invocation.arguments().size());
        for (Optional<Value> argument : invocation.arguments()) {
            out.writeByte(typeNumber(argument.orElseThrow().type()));
            out.writeLong(argument.orElseThrow().bits());
        }
    }

    private static int typeNumber(ValueType type) {
        return switch (type) {
            case I32 -> 0;
            case I64 -> 1;
            case F32 -> 2;
            case F64 -> 3;
        };
    }

    private static void write(DataOutputStream out, List<FileTree.File> files) throws IOException {
        out.writeByte(FILES);
        out.writeInt(files.size());
        List<FileTree.File> sorted =
                files.stream().sorted(Comparator.comparing(FileTree.File::path)).toList();
        for (FileTree.File file : sorted) {
            write(out, file.path());
            write(out, file.content());
        }
    }

    private static void write(DataOutputStream out, LimitsWish limits) throws IOException {
        out.writeBoolean(limits.runTime().isPresent());
        if (limits.runTime().isPresent()) {
            Duration runTime = limits.runTime().get();
            out.writeLong(runTime.getSeconds());
            out.writeInt(runTime.getNano());
        }
        write(out, limits.memoryBytes());
        write(out, limits.stdoutBytes());
        write(out, limits.stderrBytes());
    }

    private static void write(DataOutputStream out, OptionalLong limit) throws IOException {
        out.writeBoolean(limit.isPresent());
        if (limit.isPresent()) {
            out.writeLong(limit.getAsLong());
        }
    }

    private static void write(DataOutputStream out, String text) throws IOException {
        write(out, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void write(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}

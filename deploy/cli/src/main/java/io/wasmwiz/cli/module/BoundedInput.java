package io.wasmwiz.cli.module;

import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.Units;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads files and streams with a bound, answering faults as a command does. */
public final class BoundedInput {
    private static final int CHUNK_BYTES = 65_536;

    private BoundedInput() {}

    /** The whole file, at most {@code largestBytes}. */
    public static byte[] read(Path file, long largestBytes) {
        try {
            if (Files.isDirectory(file)) {
                throw new CommandFailure(ExitCode.NO_INPUT, file + " is a directory");
            }
            try (var in = Files.newInputStream(file)) {
                return read(in, largestBytes, file.toString());
            }
        } catch (NoSuchFileException e) {
            throw new CommandFailure(ExitCode.NO_INPUT, "no such file: " + file);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.IO, "cannot read " + file + ": " + e.getMessage());
        }
    }

    /** All of {@code in}, at most {@code largestBytes}. */
    public static byte[] read(InputStream in, long largestBytes, String name) throws IOException {
        // Not readNBytes: over a pipe, FileInputStream's asks for a position and fails.
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] chunk = new byte[CHUNK_BYTES];
        for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
            bytes.write(chunk, 0, read);
            if (bytes.size() > largestBytes) {
                throw new CommandFailure(
                        ExitCode.DATA, name + " is too large: at most " + Units.bytes(largestBytes) + " can be sent");
            }
        }
        return bytes.toByteArray();
    }
}

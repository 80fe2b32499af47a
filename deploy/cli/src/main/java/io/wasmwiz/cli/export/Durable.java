package io.wasmwiz.cli.export;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that survive a crash of the machine once these return. */
final class Durable {
    private Durable() {}

    /** What {@code file} is called while it is made. */
    static Path part(Path file) {
        return Path.of(file + ".part");
    }

    /** Waits until the bytes of {@code file} are on the disk. */
    static void sync(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** Gives {@code from}, whose bytes are on the disk, the name {@code to}, in one step. */
    static void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel directory = FileChannel.open(to.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    /** Replaces the contents of {@code file} in one step. */
    static void replace(Path file, String text) throws IOException {
        Path part = part(file);
        Files.writeString(part, text, StandardCharsets.UTF_8);
        sync(part);
        rename(part, file);
    }
}

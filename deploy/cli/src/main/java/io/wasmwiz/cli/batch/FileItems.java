package io.wasmwiz.cli.batch;

import com.google.protobuf.UnsafeByteOperations;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.module.BoundedInput;
import io.wasmwiz.v1.BatchItem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The regular files below a directory, by path: each is the input of the item that its path below the directory names. */
final class FileItems implements ItemSource {
    private final Path directory;
    private final List<Path> files;
    private volatile int next;

    private FileItems(Path directory, List<Path> files) {
        this.directory = directory;
        this.files = files;
    }

    /** Lists the files; throws CommandFailure where there is no directory. */
    static FileItems in(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new CommandFailure(ExitCode.NO_INPUT, "no such directory: " + directory);
        }
        try (Stream<Path> found = Files.walk(directory)) {
            return new FileItems(
                    directory, found.filter(Files::isRegularFile).sorted().toList());
        }
    }

    @Override
    public @Nullable BatchItem next() {
        if (next == files.size()) {
            return null;
        }
        Path file = files.get(next);
        next = next + 1;
        return BatchItem.newBuilder()
                .setItemId(directory.relativize(file).toString())
                .setInput(UnsafeByteOperations.unsafeWrap(BoundedInput.read(file, LARGEST_INPUT_BYTES)))
                .build();
    }

    @Override
    public double fraction() {
        return files.isEmpty() ? 1 : (double) next / files.size();
    }

    @Override
    public void close() {
        // Each file is closed when it was read.
    }
}

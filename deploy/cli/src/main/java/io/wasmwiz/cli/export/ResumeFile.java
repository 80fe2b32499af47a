package io.wasmwiz.cli.export;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * How far finished files reach. The position moves with a file's name: before a file that is on the disk is renamed, this
 * names it and its position; a process that is killed in between is followed by one that renames it first. So the finished
 * files together hold every execution once, wherever a process ends. Locked while open, so that there is one at a time.
 */
final class ResumeFile implements AutoCloseable {
    private static final long LARGEST_BYTES = 1 << 20;

    private final Path path;
    private final FileChannel lockFile;
    private State state;
    private @Nullable Path renamed;

    /**
     * What it holds.
     *
     * @param token resumes after the last finished file
     * @param files finished so far
     * @param rows in them
     * @param renaming the one that is being given its name, empty otherwise
     */
    record State(String token, long files, long rows, String renaming) {}

    private ResumeFile(Path path, FileChannel lockFile, State state) {
        this.path = path;
        this.lockFile = lockFile;
        this.state = state;
    }

    /** Opens or makes it, and gives the last file its name if that is still to be done. */
    static ResumeFile open(Path path) throws IOException {
        FileChannel channel =
                FileChannel.open(Path.of(path + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (lock(channel) == null) {
                throw new CommandFailure(ExitCode.TRY_LATER, "another export uses " + path);
            }
            ResumeFile file = new ResumeFile(path, channel, read(path));
            file.finishRename();
            return file;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static State read(Path path) throws IOException {
        if (!Files.exists(path)) {
            return new State("", 0, 0, "");
        }
        try {
            if (Files.size(path) > LARGEST_BYTES) {
                throw new IllegalStateException("too large");
            }
            JsonObject json = JsonParser.parseString(Files.readString(path)).getAsJsonObject();
            return new State(
                    json.get("resume_token").getAsString(),
                    json.get("files").getAsLong(),
                    json.get("rows").getAsLong(),
                    json.get("renaming").getAsString());
        } catch (JsonParseException
                | IllegalStateException
                | NullPointerException
                | NumberFormatException
                | UnsupportedOperationException e) {
            throw new CommandFailure(ExitCode.DATA, path + " is not the resume file of an export");
        }
    }

    State state() {
        return state;
    }

    /** The file that an earlier process had made and was killed over while it gave it its name; null when there was none. */
    @Nullable
    Path renamed() {
        return renamed;
    }

    /** Makes {@code part}, whose bytes are on the disk, the finished {@code file}. */
    void finish(Path part, Path file, String token, long rows) throws IOException {
        save(new State(token, state.files() + 1, state.rows() + rows, file.toString()));
        Durable.rename(part, file);
        advance(token);
    }

    /** Moves on without a file. */
    void advance(String token) throws IOException {
        save(new State(token, state.files(), state.rows(), ""));
    }

    private void save(State next) throws IOException {
        state = next;
        JsonObject json = new JsonObject();
        json.addProperty("resume_token", state.token());
        json.addProperty("files", state.files());
        json.addProperty("rows", state.rows());
        json.addProperty("renaming", state.renaming());
        Durable.replace(path, json + "\n");
    }

    private void finishRename() throws IOException {
        if (!state.renaming().isEmpty()) {
            Path file = Path.of(state.renaming());
            Path part = Durable.part(file);
            if (!Files.exists(file) && Files.exists(part)) {
                Durable.rename(part, file);
            }
            // It may have had its name already: then only this was not noted any more.
            if (Files.exists(file) && !Files.exists(part)) {
                renamed = file;
            }
            advance(state.token());
        }
    }

    @Override
    public void close() throws IOException {
        lockFile.close();
    }
}

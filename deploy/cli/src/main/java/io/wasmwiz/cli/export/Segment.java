package io.wasmwiz.cli.export;

import io.wasmwiz.v1.UsageRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file in the making: rows go to {@code FILE.part}, and {@link #finish} gives it its name. Not thread-safe. */
final class Segment implements AutoCloseable {
    private final Path file;
    private final Path part;
    private final RowFile rows;
    private long count;
    private boolean closed;

    Segment(Path file, Format format) throws IOException {
        this.file = file;
        this.part = Durable.part(file);
        this.rows = format.open(part);
    }

    void write(UsageRow row) throws IOException {
        rows.write(row);
        count++;
    }

    long count() {
        return count;
    }

    /** Completes it, and moves {@code resume} on to {@code token} with it. */
    void finish(ResumeFile resume, String token) throws IOException {
        complete();
        resume.finish(part, file, token, count);
    }

    /** Completes it. */
    void finish() throws IOException {
        complete();
        Durable.rename(part, file);
    }

    private void complete() throws IOException {
        closed = true;
        rows.close();
        Durable.sync(part);
    }

    /** Throws it away unless it was finished. */
    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            rows.close();
            Files.deleteIfExists(part);
        }
    }
}

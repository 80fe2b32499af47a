package io.wasmwiz.cli.export;

import io.wasmwiz.v1.UsageRow;
import java.io.Closeable;
import java.io.IOException;

/** A file of executions in the making. Not thread-safe; closing it completes it. */
interface RowFile extends Closeable {
    void write(UsageRow row) throws IOException;
}

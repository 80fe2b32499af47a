package io.wasmwiz.cli.batch;

import io.wasmwiz.v1.BatchItem;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The items of a batch, in order. For one thread; its opener closes it. */
public interface ItemSource extends AutoCloseable {
    /** An input that is larger than any server takes unless configured otherwise. */
    int LARGEST_INPUT_BYTES = 64 << 20;

    /** The next item; null at the end. Throws CommandFailure for one that is none. */
    @Nullable
    BatchItem next() throws IOException;

    /** Which part of all was read, 0 to 1; negative where that cannot be known. To be asked from any thread. */
    double fraction();

    @Override
    void close() throws IOException;
}

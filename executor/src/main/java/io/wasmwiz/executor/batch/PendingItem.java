package io.wasmwiz.executor.batch;

import io.wasmwiz.executor.execution.BatchExecution;
import io.wasmwiz.executor.execution.BatchItem;
import io.wasmwiz.executor.execution.Cancellation;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** An item that has no result yet. Equal only to itself; of its stream's turns only. */
final class PendingItem {
    final BatchItem item;
    final BatchExecution.Place place;
    /** How many items of its stream came before it. */
    final long number;

    /** Stops it; null before its first start. */
    @Nullable
    Cancellation cancellation;

    /** Since when it is tried again. */
    OptionalLong busySinceNanos = OptionalLong.empty();

    PendingItem(BatchItem item, BatchExecution.Place place, long number) {
        this.item = item;
        this.place = place;
        this.number = number;
    }
}

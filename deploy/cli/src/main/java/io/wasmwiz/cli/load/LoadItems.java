package io.wasmwiz.cli.load;

import com.google.protobuf.ByteString;
import io.wasmwiz.cli.batch.ItemSource;
import io.wasmwiz.v1.BatchItem;
import org.jspecify.annotations.Nullable;

/**
 * Items of one input, until as many or as much time as a plan says have passed. An item's id is its number and the time at
 * which it was made, so that nothing has to be kept for it.
 */
final class LoadItems implements ItemSource {
    private static final int RADIX = 36;

    private final LoadPlan plan;
    private final ByteString input;
    private final Ticker ticker;
    private final long stopNanos;
    private volatile long made;

    LoadItems(LoadPlan plan, ByteString input, Ticker ticker) {
        this.plan = plan;
        this.input = input;
        this.ticker = ticker;
        this.stopNanos = ticker.nanos() + plan.duration().toNanos();
    }

    @Override
    public @Nullable BatchItem next() {
        long now = ticker.nanos();
        if (made == plan.count() || now - stopNanos >= 0) {
            return null;
        }
        made = made + 1;
        return BatchItem.newBuilder()
                .setItemId(Long.toString(made, RADIX) + "." + Long.toString(now, RADIX))
                .setInput(input)
                .build();
    }

    /** The {@link Ticker#nanos} at which the item of that id was made. */
    static long madeNanos(String itemId) {
        return Long.parseLong(itemId, itemId.indexOf('.') + 1, itemId.length(), RADIX);
    }

    /** Items made. */
    long made() {
        return made;
    }

    @Override
    public double fraction() {
        return (double) made / plan.count();
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}

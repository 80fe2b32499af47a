package io.wasmwiz.cli.batch;

import io.wasmwiz.v1.BatchItem;
import io.wasmwiz.v1.BatchItems;
import io.wasmwiz.v1.ExecuteBatchRequest;
import java.util.ArrayList;
import java.util.List;

/** Items of the next message. For one thread. */
final class Outbox {
    /** Of a message, at most. */
    static final int ITEMS = 64;

    private static final int BYTES = 256 << 10;

    /** Where messages go. */
    @FunctionalInterface
    interface Stream {
        /** Sends one when it can be; false once the stream has ended. */
        boolean send(ExecuteBatchRequest message) throws InterruptedException;
    }

    private final Stream stream;
    private final List<BatchItem> items = new ArrayList<>();
    private int bytes;

    Outbox(Stream stream) {
        this.stream = stream;
    }

    /** Adds an item and sends what there is when it is enough; false once the stream has ended. */
    boolean add(BatchItem item) throws InterruptedException {
        items.add(item);
        bytes += item.getInput().size();
        return items.size() < ITEMS && bytes < BYTES || flush();
    }

    /** Sends what there is; false once the stream has ended. */
    boolean flush() throws InterruptedException {
        if (items.isEmpty()) {
            return true;
        }
        boolean sent = stream.send(ExecuteBatchRequest.newBuilder()
                .setItems(BatchItems.newBuilder().addAllItems(items))
                .build());
        items.clear();
        bytes = 0;
        return sent;
    }
}

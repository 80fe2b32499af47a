package io.wasmwiz.local.chaos;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.wasmwiz.cli.batch.BatchDialogue;
import io.wasmwiz.cli.batch.ItemResults;
import io.wasmwiz.cli.batch.ItemSource;
import io.wasmwiz.cli.failure.ServerFailure;
import io.wasmwiz.v1.BatchItem;
import io.wasmwiz.v1.BatchOpening;
import io.wasmwiz.v1.BatchResult;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ExecutionServiceGrpc.ExecutionServiceStub;
import io.wasmwiz.v1.ModuleRef;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One batch after the other in one tenant's name, with the client's own dialogue, which takes a cut stream up again. Items
 * that a server refused are sent again under the same batch id until each has run. Its opener closes it.
 */
final class BatchLoad implements Load {
    private static final int SECONDS_PER_BATCH = 10;

    /** Fewer than an executor lets wait for one account. */
    private static final int WINDOW = 500;

    private static final int INPUT_LENGTHS = 1_024;

    /** Streams in a row that bring nothing while a majority of brokers is away, with room to spare. */
    private static final int MAX_FRUITLESS = 20;

    private static final long REPEAT_PAUSE_MILLIS = 200;
    private static final Duration FINISH_LIMIT = Duration.ofSeconds(120);

    private final Tenant tenant;
    private final ManagedChannel channel;
    private final ExecutionServiceStub stub;
    private final ExecuteRequest shared;
    private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final AtomicLong cuts = new AtomicLong();
    private final AtomicLong surplus = new AtomicLong();
    private final Set<String> refusals = ConcurrentHashMap.newKeySet();
    private final Thread thread;

    private BatchLoad(Tenant tenant, List<String> executors, byte[] module) {
        this.tenant = tenant;
        this.channel = tenant.channel(executors);
        this.stub = ExecutionServiceGrpc.newStub(channel);
        this.shared = ExecuteRequest.newBuilder()
                .setModule(ModuleRef.newBuilder().setInline(ByteString.copyFrom(module)))
                .build();
        this.thread = new Thread(this::runBatches, "load-" + tenant.tier());
        thread.setDaemon(true);
    }

    /** Prepares it; {@link #begin} starts the first batch. */
    static BatchLoad open(Tenant tenant, List<String> executors, byte[] module) {
        return new BatchLoad(tenant, executors, module);
    }

    @Override
    public Tenant tenant() {
        return tenant;
    }

    @Override
    public void begin() {
        thread.start();
    }

    private void runBatches() {
        try {
            while (!stopping.get()) {
                new Batch().run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Also waits until every item that was sent has run; what has not by then is unknown. */
    @Override
    public void finish() throws InterruptedException {
        stopping.set(true);
        thread.join(FINISH_LIMIT.toMillis());
        thread.interrupt();
        thread.join();
    }

    @Override
    public List<Call> calls() {
        return List.copyOf(calls);
    }

    /** Streams that were cut and taken up again. */
    long cuts() {
        return cuts.get();
    }

    /** Results of items that had theirs already. */
    long surplus() {
        return surplus.get();
    }

    /** What items and streams were refused with before they ran, by code and reason. */
    Set<String> refusals() {
        return Set.copyOf(refusals);
    }

    @Override
    public void close() throws InterruptedException {
        finish();
        channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }

    /** An item from its first sending to its result. */
    private record OpenItem(BatchItem item, Instant started) {
        Call ended(UUID account, Call.End end, @Nullable UUID executionId, String detail) {
            return new Call(account, item.getInput().size(), null, started, Instant.now(), end, executionId, detail);
        }
    }

    /** One batch id. */
    private final class Batch implements ItemResults {
        private final BatchOpening opening = BatchOpening.newBuilder()
                .setShared(shared)
                .setBatchId(UUID.randomUUID().toString())
                .build();
        /** Sent and not run; guarded by itself. */
        private final Map<String, OpenItem> open = new LinkedHashMap<>();

        private final AtomicLong written = new AtomicLong();

        void run() throws InterruptedException {
            try {
                converse(new NewItems());
                while (!stillOpen().isEmpty()) {
                    Thread.sleep(REPEAT_PAUSE_MILLIS);
                    converse(new Repeats(stillOpen().iterator()));
                }
            } finally {
                for (OpenItem item : items()) {
                    calls.add(item.ended(tenant.account(), Call.End.UNKNOWN, null, "item without a result"));
                }
            }
        }

        private void converse(ItemSource source) throws InterruptedException {
            BatchDialogue dialogue = new BatchDialogue(stub, opening, WINDOW, MAX_FRUITLESS, this);
            try {
                dialogue.run(source, id -> false);
            } catch (BatchDialogue.Ended e) {
                note(e.failure());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } finally {
                cuts.addAndGet(dialogue.cuts());
                surplus.addAndGet(dialogue.surplus());
            }
        }

        private List<OpenItem> items() {
            synchronized (open) {
                return List.copyOf(open.values());
            }
        }

        private List<BatchItem> stillOpen() {
            return items().stream().map(OpenItem::item).toList();
        }

        private void note(ServerFailure failure) {
            refusals.add(failure.code() + " " + failure.label());
        }

        @Override
        public void write(BatchResult result) {
            written.incrementAndGet();
            if (result.hasRefusal()) {
                note(ItemResults.failure(result.getRefusal()));
                return;
            }
            OpenItem item;
            synchronized (open) {
                item = open.remove(result.getItemId());
            }
            if (item != null) {
                ExecuteResponse response = result.getResponse();
                boolean charged = response.getReceipt().getCharged() || response.getRepeated();
                calls.add(item.ended(
                        tenant.account(),
                        charged ? Call.End.CHARGED : Call.End.NOT_CHARGED,
                        UUID.fromString(response.getReceipt().getExecutionId()),
                        "batch item " + response.getReceipt().getStatus().name()));
            }
        }

        @Override
        public long written() {
            return written.get();
        }

        /** Items at the tenant's pace, until there are enough for a batch or the load ends. */
        private final class NewItems implements ItemSource {
            private final long periodNanos = 1_000_000_000L / tenant.callsPerSecond();
            private final int items = SECONDS_PER_BATCH * tenant.callsPerSecond();
            private long due = System.nanoTime();
            private int made;

            @Override
            public @Nullable BatchItem next() {
                if (made == items || stopping.get()) {
                    return null;
                }
                due = Math.max(due + periodNanos, System.nanoTime() - WINDOW * periodNanos);
                if (!sleepUntil(due)) {
                    return null;
                }
                BatchItem item = BatchItem.newBuilder()
                        .setItemId(String.valueOf(made))
                        .setInput(ByteString.copyFrom(new byte[made % INPUT_LENGTHS]))
                        .build();
                made++;
                synchronized (open) {
                    open.put(item.getItemId(), new OpenItem(item, Instant.now()));
                }
                return item;
            }

            private boolean sleepUntil(long nanos) {
                try {
                    TimeUnit.NANOSECONDS.sleep(nanos - System.nanoTime());
                    return true;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }

            @Override
            public double fraction() {
                return (double) made / items;
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        }
    }

    /** Items that were refused, once more. */
    private record Repeats(Iterator<BatchItem> items) implements ItemSource {
        @Override
        public @Nullable BatchItem next() {
            return items.hasNext() ? items.next() : null;
        }

        @Override
        public double fraction() {
            return -1;
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}

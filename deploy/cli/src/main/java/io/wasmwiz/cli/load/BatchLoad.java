package io.wasmwiz.cli.load;

import com.google.protobuf.ByteString;
import io.wasmwiz.cli.batch.BatchDialogue;
import io.wasmwiz.cli.batch.ItemResults;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.run.Outcome;
import io.wasmwiz.v1.BatchOpening;
import io.wasmwiz.v1.BatchResult;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecutionServiceGrpc.ExecutionServiceStub;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.PrimitiveIterator;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Loads a server with items of one stream, cut and taken up again where that is asked for. */
final class BatchLoad implements Load {
    /** Streams in a row that may be cut without a result. */
    private static final int MAX_FRUITLESS = 8;

    private final ExecutionServiceStub stub;
    private final ExecuteRequest shared;
    private final ByteString input;
    private final BatchLoadOptions options;
    private final Ticker ticker;
    private @Nullable BatchTrial last;

    /**
     * Prepares a load.
     *
     * @param shared names the module, and has no input
     * @param input of each item
     */
    BatchLoad(
            ExecutionServiceStub stub,
            ExecuteRequest shared,
            ByteString input,
            BatchLoadOptions options,
            Ticker ticker) {
        this.stub = stub;
        this.shared = shared;
        this.input = input;
        this.options = options;
        this.ticker = ticker;
    }

    /** What the last phase came to, beside its tally; null before. */
    @Nullable
    BatchTrial last() {
        return last;
    }

    @Override
    public Duration run(LoadPlan plan, Tally tally) throws InterruptedException {
        String batchId = options.newBatchId();
        BatchOpening opening =
                BatchOpening.newBuilder().setShared(shared).setBatchId(batchId).build();
        TalliedResults results = new TalliedResults(tally, cuts(plan));
        BatchDialogue dialogue = new BatchDialogue(stub, opening, plan.inFlight(), MAX_FRUITLESS, results);
        results.dialogue = dialogue;
        long start = ticker.nanos();
        LoadItems items = new LoadItems(plan, input, ticker);
        try {
            dialogue.run(items, id -> false);
        } catch (BatchDialogue.Ended e) {
            List<String> more = e.failure().lines();
            throw new CommandFailure(
                    e.failure().exitCode(),
                    "the batch ended after %d results: %s".formatted(results.written(), more.get(0)),
                    more.subList(1, more.size()).toArray(String[]::new));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        Duration elapsed = Duration.ofNanos(ticker.nanos() - start);
        last = new BatchTrial(
                batchId, items.made(), results.written(), dialogue.surplus(), results.uncharged.get(), dialogue.cuts());
        return elapsed;
    }

    /** After how many results a stream is cut, in order. */
    private PrimitiveIterator.OfLong cuts(LoadPlan plan) {
        LongStream all = options.cuts() == 0
                ? LongStream.empty()
                : new Random(options.seed())
                        .longs(1, plan.count())
                        .distinct()
                        .limit(Math.min(options.cuts(), plan.count() - 1))
                        .sorted();
        return all.iterator();
    }

    /** For the one thread of the connection. */
    private final class TalliedResults implements ItemResults {
        private final Tally tally;
        private final PrimitiveIterator.OfLong cuts;
        private final AtomicLong written = new AtomicLong();
        private final AtomicLong uncharged = new AtomicLong();
        private @Nullable BatchDialogue dialogue;
        private long nextCut;

        TalliedResults(Tally tally, PrimitiveIterator.OfLong cuts) {
            this.tally = tally;
            this.cuts = cuts;
            this.nextCut = cuts.hasNext() ? cuts.nextLong() : Long.MAX_VALUE;
        }

        @Override
        public void write(BatchResult result) {
            long latencyNanos = ticker.nanos() - LoadItems.madeNanos(result.getItemId());
            if (result.hasResponse()) {
                tally.replied(latencyNanos, Outcome.label(result.getResponse().getReceipt()));
                if (!result.getResponse().getReceipt().getCharged()
                        && !result.getResponse().getRepeated()) {
                    uncharged.incrementAndGet();
                }
            } else {
                tally.failed(
                        latencyNanos, ItemResults.failure(result.getRefusal()).label());
            }
            if (written.incrementAndGet() >= nextCut && dialogue != null && dialogue.cut()) {
                nextCut = cuts.hasNext() ? cuts.nextLong() : Long.MAX_VALUE;
            }
        }

        @Override
        public long written() {
            return written.get();
        }
    }
}

package io.wasmwiz.cli.batch;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.wasmwiz.cli.failure.ServerFailure;
import io.wasmwiz.v1.BatchItem;
import io.wasmwiz.v1.BatchOpening;
import io.wasmwiz.v1.BatchResult;
import io.wasmwiz.v1.BatchSummary;
import io.wasmwiz.v1.ExecuteBatchRequest;
import io.wasmwiz.v1.ExecuteBatchResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc.ExecutionServiceStub;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A batch from its first item to its summary, over as many streams as it takes: what was sent and not answered when one is
 * cut is sent again in the next, under the same batch id, and so is charged once. Holds no more than that many items. For
 * one thread, beside which the network's delivers results.
 */
public final class BatchDialogue {
    /** Reasons after which a server, this one or another, takes the batch up again. */
    private static final Set<Status.Code> CUTS =
            Set.of(Status.Code.UNAVAILABLE, Status.Code.ABORTED, Status.Code.UNKNOWN, Status.Code.INTERNAL);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final ExecutionServiceStub stub;
    private final BatchOpening opening;
    private final ItemResults results;
    /** Sent, or about to be, and not answered; guarded by itself. */
    private final Map<String, BatchItem> unanswered = new LinkedHashMap<>();

    private final int window;
    private final int maxCuts;
    private volatile int cuts;
    private volatile long surplus;
    private volatile @Nullable BatchStream current;

    /**
     * Prepares a batch.
     *
     * @param opening with a batch id
     * @param window items sent and not answered at most
     * @param maxCuts streams in a row that may be cut without having brought a result
     */
    public BatchDialogue(
            ExecutionServiceStub stub, BatchOpening opening, int window, int maxCuts, ItemResults results) {
        this.stub = stub;
        this.opening = opening;
        this.window = window;
        this.maxCuts = maxCuts;
        this.results = results;
    }

    /** How often a stream was cut so far. */
    public int cuts() {
        return cuts;
    }

    /** Results of items that waited for none, so far: a server that answers an item twice has some. */
    public long surplus() {
        return surplus;
    }

    /**
     * Cuts the present stream, as a lost connection would; to be called from any thread.
     *
     * @return whether there was a stream, and it was not cut before
     */
    public boolean cut() {
        BatchStream stream = current;
        return stream != null && stream.cut();
    }

    /** What ended a batch that was not to go on. */
    public static final class Ended extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient ServerFailure failure;

        Ended(ServerFailure failure) {
            super(failure.message());
            this.failure = failure;
        }

        public ServerFailure failure() {
            return failure;
        }
    }

    /**
     * Runs all items but those that are {@code done}.
     *
     * @return the summary of the last stream
     */
    public BatchSummary run(ItemSource source, Predicate<String> done) throws IOException, InterruptedException, Ended {
        long writtenBefore = -1;
        int withoutResult = 0;
        Duration pause = FIRST_PAUSE;
        while (true) {
            BatchStream stream = new BatchStream();
            current = stream;
            stub.executeBatch(stream);
            stream.send(ExecuteBatchRequest.newBuilder().setOpening(opening).build());
            List<BatchItem> again;
            synchronized (unanswered) {
                again = new ArrayList<>(unanswered.values());
            }
            ServerFailure failure = stream.converse(again, source, done);
            if (failure == null) {
                return stream.summary();
            }
            withoutResult = results.written() > writtenBefore ? 1 : withoutResult + 1;
            if (withoutResult == 1) {
                pause = FIRST_PAUSE;
            }
            writtenBefore = results.written();
            if ((!CUTS.contains(failure.code()) && !stream.wasCut()) || withoutResult > maxCuts) {
                throw new Ended(failure);
            }
            cuts = cuts + 1;
            Thread.sleep(Math.max(
                    pause.toMillis(), 1_000 * failure.retryAfterSeconds().orElse(0)));
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    /** One stream. Its state is guarded by itself. */
    private final class BatchStream implements ClientResponseObserver<ExecuteBatchRequest, ExecuteBatchResponse> {
        private @Nullable ClientCallStreamObserver<ExecuteBatchRequest> call;
        private @Nullable BatchSummary summary;
        private @Nullable ServerFailure failure;
        private boolean ended;
        private @Nullable BooleanSupplier awaited;
        private boolean wasCut;

        @Override
        public void beforeStart(ClientCallStreamObserver<ExecuteBatchRequest> stream) {
            call = stream;
            stream.setOnReadyHandler(this::wake);
        }

        /** Sends, unless the stream is cut: its call takes nothing after that. */
        private synchronized void send(ExecuteBatchRequest message) {
            if (call != null && !wasCut) {
                call.onNext(message);
            }
        }

        private synchronized void endSending() {
            if (call != null && !wasCut) {
                call.onCompleted();
            }
        }

        /** Sends everything and waits for the end; null when it was a summary. */
        @Nullable
        ServerFailure converse(List<BatchItem> again, ItemSource source, Predicate<String> done)
                throws IOException, InterruptedException {
            Outbox outbox = new Outbox(this::sendWhenReady);
            for (BatchItem item : again) {
                if (!outbox.add(item)) {
                    return awaitEnd();
                }
            }
            while (!isWindowFull() || (outbox.flush() && await(this::hasRoom))) {
                BatchItem item = hasEnded() ? null : source.next();
                if (item == null) {
                    outbox.flush();
                    endSending();
                    return awaitEnd();
                }
                if (done.test(item.getItemId())) {
                    continue;
                }
                synchronized (unanswered) {
                    unanswered.put(item.getItemId(), item);
                }
                if (!outbox.add(item)) {
                    break;
                }
            }
            return awaitEnd();
        }

        private boolean isWindowFull() {
            synchronized (unanswered) {
                return unanswered.size() >= window;
            }
        }

        /** Whether it is worth going on: for a message of some items, where the window allows as many. */
        private boolean hasRoom() {
            synchronized (unanswered) {
                return window - unanswered.size() >= Math.min(Outbox.ITEMS, Math.max(1, window / 4));
            }
        }

        private boolean isReady() {
            return call == null || call.isReady();
        }

        /** Waits until a message would not only be queued up; false once the stream has ended. */
        private boolean sendWhenReady(ExecuteBatchRequest message) throws InterruptedException {
            boolean ready = await(this::isReady);
            if (ready) {
                send(message);
            }
            return ready;
        }

        /** Waits for {@code condition}; false once the stream has ended. */
        private synchronized boolean await(BooleanSupplier condition) throws InterruptedException {
            awaited = condition;
            while (!ended && !condition.getAsBoolean()) {
                wait();
            }
            awaited = null;
            return !ended;
        }

        /** What is awaited may be there; the waiting thread is not woken in vain. */
        private synchronized void wake() {
            if (awaited != null && awaited.getAsBoolean()) {
                notifyAll();
            }
        }

        private synchronized boolean hasEnded() {
            return ended;
        }

        private synchronized @Nullable ServerFailure awaitEnd() throws InterruptedException {
            while (!ended) {
                wait();
            }
            return failure;
        }

        synchronized boolean cut() {
            if (call == null || wasCut || ended) {
                return false;
            }
            wasCut = true;
            call.cancel("cut by this client", null);
            return true;
        }

        synchronized boolean wasCut() {
            return wasCut;
        }

        synchronized BatchSummary summary() {
            return summary == null ? BatchSummary.getDefaultInstance() : summary;
        }

        @Override
        public void onNext(ExecuteBatchResponse message) {
            if (message.hasSummary()) {
                synchronized (this) {
                    summary = message.getSummary();
                }
            }
            List<BatchResult> answers = message.getResults().getResultsList();
            List<BatchResult> firsts = new ArrayList<>(answers.size());
            synchronized (unanswered) {
                for (BatchResult answer : answers) {
                    if (unanswered.remove(answer.getItemId()) != null) {
                        firsts.add(answer);
                    } else {
                        surplus = surplus + 1;
                    }
                }
            }
            firsts.forEach(results::write);
            wake();
        }

        @Override
        public void onError(Throwable error) {
            end(ServerFailure.of(Status.fromThrowable(error), Status.trailersFromThrowable(error)));
        }

        @Override
        public void onCompleted() {
            end(
                    summary().getItems() == 0 && summary == null
                            ? ServerFailure.of(
                                    Status.INTERNAL.withDescription("the server ended the batch without a summary"),
                                    null)
                            : null);
        }

        private synchronized void end(@Nullable ServerFailure reason) {
            failure = reason;
            ended = true;
            notifyAll();
        }
    }
}

package io.wasmwiz.executor;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.wasmwiz.v1.BatchItem;
import io.wasmwiz.v1.BatchItems;
import io.wasmwiz.v1.BatchOpened;
import io.wasmwiz.v1.BatchOpening;
import io.wasmwiz.v1.BatchResult;
import io.wasmwiz.v1.BatchSummary;
import io.wasmwiz.v1.ExecuteBatchRequest;
import io.wasmwiz.v1.ExecuteBatchResponse;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleRef;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** One batch as its client sees it. Thread-safe. */
final class BatchClient implements ClientResponseObserver<ExecuteBatchRequest, ExecuteBatchResponse> {
    private final CompletableFuture<BatchOpened> opened = new CompletableFuture<>();
    private final CompletableFuture<BatchSummary> summary = new CompletableFuture<>();
    private final List<BatchResult> results = new CopyOnWriteArrayList<>();
    private final boolean reads;

    @SuppressWarnings("NullAway.Init") // set before the call starts
    private ClientCallStreamObserver<ExecuteBatchRequest> call;

    private BatchClient(boolean reads) {
        this.reads = reads;
    }

    /** Begins a call that reads whatever comes; nothing is sent yet. */
    static BatchClient begin(ExecutorClient executor, String key) {
        return new BatchClient(true).start(executor, key);
    }

    /** Begins a call that reads nothing until it is told. */
    static BatchClient beginUnread(ExecutorClient executor, String key) {
        return new BatchClient(false).start(executor, key);
    }

    private BatchClient start(ExecutorClient executor, String key) {
        ExecutorClient.with(ExecutionServiceGrpc.newStub(executor.channel()), key)
                .executeBatch(this);
        return this;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<ExecuteBatchRequest> stream) {
        call = stream;
        if (!reads) {
            stream.disableAutoRequestWithInitial(0);
        }
    }

    /** An opening of {@code module}, which is brought along. */
    static BatchOpening.Builder opening(byte[] module) {
        return BatchOpening.newBuilder()
                .setShared(ExecuteRequest.newBuilder()
                        .setModule(ModuleRef.newBuilder().setInline(ByteString.copyFrom(module))));
    }

    BatchClient open(BatchOpening.Builder opening) {
        return send(ExecuteBatchRequest.newBuilder().setOpening(opening).build());
    }

    BatchClient send(ExecuteBatchRequest message) {
        call.onNext(message);
        return this;
    }

    BatchClient send(BatchItem... items) {
        return send(List.of(items));
    }

    BatchClient send(List<BatchItem> items) {
        return send(ExecuteBatchRequest.newBuilder()
                .setItems(BatchItems.newBuilder().addAllItems(items))
                .build());
    }

    static BatchItem item(String id, String input) {
        return BatchItem.newBuilder()
                .setItemId(id)
                .setInput(ByteString.copyFromUtf8(input))
                .build();
    }

    /** Items {@code from} to {@code to - 1}, each with its number for id and input. */
    static List<BatchItem> items(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> item(Integer.toString(i), Integer.toString(i)))
                .toList();
    }

    BatchClient halfClose() {
        call.onCompleted();
        return this;
    }

    void cancel() {
        call.cancel("the test is done with it", null);
    }

    /** Reads {@code messages} more. */
    void read(int messages) {
        call.request(messages);
    }

    BatchOpened opened() {
        return opened.orTimeout(60, TimeUnit.SECONDS).join();
    }

    BatchSummary summary() {
        return summary.orTimeout(120, TimeUnit.SECONDS).join();
    }

    /** The error that the stream ends with. */
    StatusRuntimeException error() {
        Throwable error = summary.handle((value, failure) -> Objects.requireNonNull(failure, "the batch ended well"))
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
        return error instanceof StatusRuntimeException status
                ? status
                : Status.fromThrowable(error).asRuntimeException();
    }

    boolean hasEnded() {
        return summary.isDone();
    }

    /** Results that came so far. */
    List<BatchResult> results() {
        return results;
    }

    BatchResult result(String itemId) {
        return results.stream()
                .filter(result -> result.getItemId().equals(itemId))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no result of item " + itemId));
    }

    @Override
    public void onNext(ExecuteBatchResponse message) {
        switch (message.getMessageCase()) {
            case OPENED -> opened.complete(message.getOpened());
            case RESULTS -> results.addAll(message.getResults().getResultsList());
            case SUMMARY -> summary.complete(message.getSummary());
            case MESSAGE_NOT_SET -> throw new AssertionError("a message of nothing");
        }
    }

    @Override
    public void onError(Throwable failure) {
        opened.completeExceptionally(failure);
        summary.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
        summary.completeExceptionally(new AssertionError("ended without a summary"));
    }
}

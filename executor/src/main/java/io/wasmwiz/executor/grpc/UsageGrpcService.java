package io.wasmwiz.executor.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.executor.admission.QuotaFigures;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.execution.Receipt;
import io.wasmwiz.executor.execution.RequestRules;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.executor.usage.BatchCounts;
import io.wasmwiz.executor.usage.QuotaWatch;
import io.wasmwiz.executor.usage.QuotaWatches;
import io.wasmwiz.executor.usage.UsageQueries;
import io.wasmwiz.executor.usage.UsageSums;
import io.wasmwiz.executor.work.WorkPool;
import io.wasmwiz.v1.BatchLedgerCount;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.ExplainDenialRequest;
import io.wasmwiz.v1.ExplainDenialResponse;
import io.wasmwiz.v1.GetBatchRequest;
import io.wasmwiz.v1.GetBatchResponse;
import io.wasmwiz.v1.GetQuotaRequest;
import io.wasmwiz.v1.GetQuotaResponse;
import io.wasmwiz.v1.ListExecutionsRequest;
import io.wasmwiz.v1.ListExecutionsResponse;
import io.wasmwiz.v1.QueryUsageRequest;
import io.wasmwiz.v1.QueryUsageResponse;
import io.wasmwiz.v1.UsageServiceGrpc;
import io.wasmwiz.v1.WatchQuotaRequest;
import io.wasmwiz.v1.WatchQuotaResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** {@code wasmwiz.v1.UsageService} over the usage queries. Thread-safe; never blocks. */
public final class UsageGrpcService extends UsageServiceGrpc.UsageServiceImplBase {
    private static final String LIST = "ListExecutions";

    private final UsageQueries usage;
    private final UsageSums sums;
    private final QuotaFigures quotas;
    private final WorkPool database;
    private final QuotaWatches watches;
    private final DenialTokens denials;

    public UsageGrpcService(
            UsageQueries usage,
            UsageSums sums,
            QuotaFigures quotas,
            WorkPool database,
            QuotaWatches watches,
            DenialTokens denials) {
        this.usage = usage;
        this.sums = sums;
        this.quotas = quotas;
        this.database = database;
        this.watches = watches;
        this.denials = denials;
    }

    @Override
    public void getQuota(GetQuotaRequest request, StreamObserver<GetQuotaResponse> response) {
        Caller caller = CallContext.caller();
        Replies.send(
                database.submit(
                        () -> usage.counts(caller.accountId(), caller.tier().name(), caller.apiKeyId())),
                counts -> ProtoMapper.toProto(caller.tier(), counts, quotas.unspent(caller)),
                response);
    }

    @Override
    public void listExecutions(ListExecutionsRequest request, StreamObserver<ListExecutionsResponse> response) {
        UUID account = CallContext.caller().accountId();
        Replies.send(
                database.submit(() -> {
                    int size = PageTokens.size(request.getPageSize());
                    return page(account, size, usage.executions(account, after(account, request), size + 1));
                }),
                page -> page,
                response);
    }

    @Override
    public void getBatch(GetBatchRequest request, StreamObserver<GetBatchResponse> response) {
        UUID account = CallContext.caller().accountId();
        if (!RequestRules.isUuid(request.getBatchId())) {
            response.onError(OutcomeStatus.exception(new Refusal.InvalidFields(
                    "batch_id", "BATCH_ID_MALFORMED", "batch_id must be a UUID of 36 characters")));
            return;
        }
        UUID batchId = UUID.fromString(request.getBatchId());
        Replies.send(
                database.submit(() -> usage.batch(account, batchId)
                        .orElseThrow(() -> new RefusedException(new Refusal.BatchNotFound(batchId)))),
                counts -> toProto(batchId, counts),
                response);
    }

    private static GetBatchResponse toProto(UUID batchId, BatchCounts counts) {
        GetBatchResponse.Builder batch = GetBatchResponse.newBuilder()
                .setBatchId(batchId.toString())
                .setOpenedAt(ProtoMapper.toTimestamp(counts.openedAt()))
                .setCharged(counts.charged())
                .setReruns(counts.reruns());
        new TreeMap<>(counts.runs())
                .forEach((status, count) -> batch.addCounts(BatchLedgerCount.newBuilder()
                        .setStatus(ExecutionStatus.valueOf("EXECUTION_STATUS_" + status.name()))
                        .setExecutions(count.executions())
                        .setCharged(count.charged())));
        return batch.build();
    }

    @Override
    public void queryUsage(QueryUsageRequest request, StreamObserver<QueryUsageResponse> response) {
        UUID account = CallContext.caller().accountId();
        Replies.send(
                database.submit(() -> sums.of(account, UsageRequests.query(request))),
                UsageRequests::toProto,
                response);
    }

    @Override
    public void watchQuota(WatchQuotaRequest request, StreamObserver<WatchQuotaResponse> response) {
        ServerCallStreamObserver<WatchQuotaResponse> client = (ServerCallStreamObserver<WatchQuotaResponse>) response;
        QuotaWatch watch;
        try {
            watch = watches.begin(CallContext.caller(), UsageRequests.interval(request), new WatchSink(client));
        } catch (RefusedException e) {
            client.onError(Replies.statusOf(e));
            return;
        }
        client.setOnCancelHandler(watch::cancel);
        watch.start();
    }

    private record WatchSink(ServerCallStreamObserver<WatchQuotaResponse> client) implements QuotaWatch.Sink {
        @Override
        public boolean isReady() {
            return client.isReady();
        }

        @Override
        public void send(QuotaWatch.Figures figures) {
            client.onNext(WatchQuotaResponse.newBuilder()
                    .setQuota(ProtoMapper.toProto(figures.tier(), figures.counts(), figures.unspent()))
                    .build());
        }

        @Override
        public void fail(Throwable cause) {
            client.onError(Replies.statusOf(cause));
        }
    }

    @Override
    public void explainDenial(ExplainDenialRequest request, StreamObserver<ExplainDenialResponse> response) {
        UUID account = CallContext.caller().accountId();
        try {
            response.onNext(denials.explain(account, request.getDenialToken()));
            response.onCompleted();
        } catch (RefusedException e) {
            response.onError(Replies.statusOf(e));
        }
    }

    private static Optional<UsageQueries.Position> after(UUID account, ListExecutionsRequest request) {
        return PageTokens.decode(account, LIST, 16, request.getPageToken()).map(position -> {
            ByteBuffer id = ByteBuffer.wrap(position.key());
            return new UsageQueries.Position(position.time(), new UUID(id.getLong(), id.getLong()));
        });
    }

    // One row more than asked for was read, to know whether another page follows.
    private static ListExecutionsResponse page(UUID account, int size, List<Receipt> rows) {
        ListExecutionsResponse.Builder page = ListExecutionsResponse.newBuilder();
        rows.stream().limit(size).map(ProtoMapper::toProto).forEach(page::addExecutions);
        if (rows.size() > size) {
            Receipt last = rows.get(size - 1);
            byte[] id = ByteBuffer.allocate(16)
                    .putLong(last.executionId().getMostSignificantBits())
                    .putLong(last.executionId().getLeastSignificantBits())
                    .array();
            page.setNextPageToken(PageTokens.encode(account, LIST, new PageTokens.Position(last.admittedAt(), id)));
        }
        return page.build();
    }
}

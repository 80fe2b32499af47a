package io.wasmwiz.cli.fake;

import com.google.protobuf.util.Timestamps;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.ExportUsageRequest;
import io.wasmwiz.v1.ExportUsageResponse;
import io.wasmwiz.v1.GetBatchRequest;
import io.wasmwiz.v1.GetBatchResponse;
import io.wasmwiz.v1.GetQuotaRequest;
import io.wasmwiz.v1.GetQuotaResponse;
import io.wasmwiz.v1.ListExecutionsRequest;
import io.wasmwiz.v1.ListExecutionsResponse;
import io.wasmwiz.v1.QueryUsageRequest;
import io.wasmwiz.v1.QueryUsageResponse;
import io.wasmwiz.v1.QuotaWindow;
import io.wasmwiz.v1.Receipt;
import io.wasmwiz.v1.UsageGroup;
import io.wasmwiz.v1.UsagePeriod;
import io.wasmwiz.v1.UsageRow;
import io.wasmwiz.v1.UsageServiceGrpc;
import io.wasmwiz.v1.UsageSum;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Counts what {@link FakeExecutions} ran, and exports the rows that it is given. Thread-safe. */
public final class FakeUsage extends UsageServiceGrpc.UsageServiceImplBase {
    private static final long HELD_AHEAD = 10;

    private final FakeExecutions executions;
    private final List<UsageRow> rows = new CopyOnWriteArrayList<>();
    private volatile int cutAfter = Integer.MAX_VALUE;
    private volatile boolean dropped;
    private volatile Instant completeBefore = Instant.EPOCH;

    FakeUsage(FakeExecutions executions) {
        this.executions = executions;
    }

    @Override
    public void getQuota(GetQuotaRequest request, StreamObserver<GetQuotaResponse> replies) {
        long charged = executions.charged();
        long held = Math.min(executions.quota(), charged + HELD_AHEAD);
        replies.onNext(GetQuotaResponse.newBuilder()
                .setTier(FakeAuthentication.TIER.get())
                .setTierVersion(1)
                .setExecutionsPerMinute(10)
                .setMemoryBytes(134_217_728)
                .setRunTimeMs(5_000)
                .setMaxConcurrency(2)
                .setDay(QuotaWindow.newBuilder()
                        .setLimit(executions.quota())
                        .setCharged(charged)
                        .setHeld(held)
                        .setExecutions(executions.receipts().size())
                        .setAvailable(executions.quota() - held)
                        .setUnspentHere(held - charged)
                        .setRemaining(executions.quota() - charged)
                        .setResetsAt(Timestamps.fromSeconds(1_767_225_600)))
                .setMinute(QuotaWindow.newBuilder()
                        .setLimit(10)
                        .setHeld(6)
                        .setAvailable(4)
                        .setUnspentHere(3)
                        .setRemaining(7)
                        .setResetsAt(Timestamps.fromSeconds(1_767_225_600)))
                .setKeyDay(QuotaWindow.newBuilder()
                        .setLimit(50)
                        .setHeld(20)
                        .setAvailable(30)
                        .setRemaining(30)
                        .setResetsAt(Timestamps.fromSeconds(1_767_225_600)))
                .build());
        replies.onCompleted();
    }

    @Override
    public void getBatch(GetBatchRequest request, StreamObserver<GetBatchResponse> replies) {
        replies.onNext(GetBatchResponse.newBuilder()
                .setBatchId(request.getBatchId())
                .setCharged(executions.charged(request.getBatchId()))
                .build());
        replies.onCompleted();
    }

    @Override
    public void listExecutions(ListExecutionsRequest request, StreamObserver<ListExecutionsResponse> replies) {
        List<Receipt> newestFirst = new ArrayList<>(executions.receipts());
        Collections.reverse(newestFirst);
        replies.onNext(ListExecutionsResponse.newBuilder()
                .addAllExecutions(newestFirst.subList(0, Math.min(request.getPageSize(), newestFirst.size())))
                .build());
        replies.onCompleted();
    }

    /** Appends a row to the ledger. */
    public void add(UsageRow row) {
        rows.add(row);
    }

    public List<UsageRow> rows() {
        return List.copyOf(rows);
    }

    /** Cuts streams after that many messages. */
    public void cutAfter(int messages) {
        cutAfter = messages;
    }

    /** Refuses the next export because retention took its rows. */
    public void drop() {
        dropped = true;
    }

    public void setCompleteBefore(Instant time) {
        completeBefore = time;
    }

    // A row a message; a token is the number of rows before it.
    @Override
    public void exportUsage(ExportUsageRequest request, StreamObserver<ExportUsageResponse> replies) {
        int next = request.getResumeToken().isEmpty() ? 0 : Integer.parseInt(request.getResumeToken());
        if (dropped) {
            dropped = false;
            replies.onError(FakeErrors.error(
                    Status.Code.FAILED_PRECONDITION,
                    "dropped",
                    "USAGE_DROPPED",
                    Map.of("oldest_day", "2026-01-02", "restart_token", String.valueOf(next + 1))));
            return;
        }
        int last = Math.min(rows.size(), cutAfter == Integer.MAX_VALUE ? cutAfter : next + cutAfter);
        for (int i = next; i < last; i++) {
            replies.onNext(ExportUsageResponse.newBuilder()
                    .addRows(rows.get(i))
                    .setResumeToken(String.valueOf(i + 1))
                    .build());
        }
        if (last < rows.size()) {
            replies.onError(Status.UNAVAILABLE.asRuntimeException());
            return;
        }
        replies.onNext(ExportUsageResponse.newBuilder()
                .setResumeToken(String.valueOf(last))
                .setCompleteBefore(Timestamps.fromMillis(completeBefore.toEpochMilli()))
                .build());
        if (!request.getFollow()) {
            replies.onCompleted();
        }
    }

    // Everything in the last period of the range.
    @Override
    public void queryUsage(QueryUsageRequest request, StreamObserver<QueryUsageResponse> replies) {
        long seconds = request.getPeriod() == UsagePeriod.USAGE_PERIOD_HOUR ? 3_600 : 86_400;
        QueryUsageResponse.Builder response = QueryUsageResponse.newBuilder();
        for (Receipt receipt : executions.receipts()) {
            boolean failed = receipt.getStatus() != ExecutionStatus.EXECUTION_STATUS_COMPLETED;
            UsageSum.Builder sum = UsageSum.newBuilder()
                    .setPeriodStart(Timestamps.fromSeconds(request.getBefore().getSeconds() - seconds))
                    .setRuns(1)
                    .setCharged(1)
                    .setFailures(failed ? 1 : 0)
                    .setCpuTimeUs(receipt.getCpuTimeUs());
            if (request.getGroupByList().contains(UsageGroup.USAGE_GROUP_MODULE)) {
                sum.setModuleDigest(receipt.getModuleDigest());
            }
            if (request.getGroupByList().contains(UsageGroup.USAGE_GROUP_STATUS)) {
                sum.setStatus(receipt.getStatus());
            }
            response.addSums(sum);
        }
        replies.onNext(response.build());
        replies.onCompleted();
    }
}

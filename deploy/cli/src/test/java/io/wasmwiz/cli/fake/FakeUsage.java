package io.wasmwiz.cli.fake;

import com.google.protobuf.util.Timestamps;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.v1.GetBatchRequest;
import io.wasmwiz.v1.GetBatchResponse;
import io.wasmwiz.v1.GetQuotaRequest;
import io.wasmwiz.v1.GetQuotaResponse;
import io.wasmwiz.v1.ListExecutionsRequest;
import io.wasmwiz.v1.ListExecutionsResponse;
import io.wasmwiz.v1.QuotaWindow;
import io.wasmwiz.v1.Receipt;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Counts what {@link FakeExecutions} ran. Thread-safe. */
final class FakeUsage extends UsageServiceGrpc.UsageServiceImplBase {
    private static final long HELD_AHEAD = 10;

    private final FakeExecutions executions;

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
}

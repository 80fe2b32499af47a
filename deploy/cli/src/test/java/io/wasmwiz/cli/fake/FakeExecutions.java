package io.wasmwiz.cli.fake;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Timestamps;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.v1.BatchItem;
import io.wasmwiz.v1.BatchOpened;
import io.wasmwiz.v1.BatchOpening;
import io.wasmwiz.v1.BatchResult;
import io.wasmwiz.v1.BatchResults;
import io.wasmwiz.v1.BatchSummary;
import io.wasmwiz.v1.ExecuteBatchRequest;
import io.wasmwiz.v1.ExecuteBatchResponse;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.ItemRefusal;
import io.wasmwiz.v1.ModuleRef;
import io.wasmwiz.v1.Receipt;
import io.wasmwiz.v1.TrapKind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Runs {@link FakeModule} scripts against a daily quota. Thread-safe. */
public final class FakeExecutions extends ExecutionServiceGrpc.ExecutionServiceImplBase {
    private static final int RUN_TIME_LIMIT_SECONDS = 5;
    private static final int KEPT_RECEIPTS = 1_000;

    private final FakeModules modules;
    private final AtomicLong charged = new AtomicLong();
    private final List<Receipt> receipts = new CopyOnWriteArrayList<>();
    private final List<String> batches = new CopyOnWriteArrayList<>();
    private final Set<String> seen = ConcurrentHashMap.newKeySet();
    private final AtomicLong items = new AtomicLong();
    private final AtomicInteger cuts = new AtomicInteger();
    private final Set<String> requestIds = ConcurrentHashMap.newKeySet();
    private volatile int resultsBeforeCut;
    private volatile long quota = 1_000_000;
    private volatile @Nullable StatusRuntimeException fault;
    private volatile Duration clockAhead = Duration.ZERO;
    private volatile ExecuteRequest lastRequest = ExecuteRequest.getDefaultInstance();

    FakeExecutions(FakeModules modules) {
        this.modules = modules;
    }

    /** Executions allowed, charged ones included. */
    public void setQuota(long quota) {
        this.quota = quota;
    }

    /** From now on every execution fails so. */
    public void failWith(StatusRuntimeException fault) {
        this.fault = fault;
    }

    /** How far the database's clock is ahead of this machine's. */
    public void setClockAhead(Duration clockAhead) {
        this.clockAhead = clockAhead;
    }

    /** As it came. */
    public ExecuteRequest lastRequest() {
        return lastRequest;
    }

    /** Of single executions, each once; "" stands for those without. */
    public Set<String> requestIds() {
        return requestIds;
    }

    /** Executions charged so far. */
    public long charged() {
        return charged.get();
    }

    long quota() {
        return quota;
    }

    List<Receipt> receipts() {
        return receipts;
    }

    @Override
    public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> replies) {
        lastRequest = request;
        requestIds.add(request.getRequestId());
        try {
            replies.onNext(run(request));
            replies.onCompleted();
        } catch (StatusRuntimeException e) {
            replies.onError(e);
        }
    }

    /** From now on {@code times} streams of batches are cut, each after {@code results} results. */
    public void cutBatches(int times, int results) {
        cuts.set(times);
        resultsBeforeCut = results;
    }

    /** The batch ids that came, in order. */
    public List<String> batches() {
        return batches;
    }

    /** Items of a batch that were charged. */
    long charged(String batchId) {
        return seen.stream().filter(name -> name.startsWith(batchId + " ")).count();
    }

    /** Items that came, repeats included. */
    public long items() {
        return items.get();
    }

    @Override
    public StreamObserver<ExecuteBatchRequest> executeBatch(StreamObserver<ExecuteBatchResponse> replies) {
        // Without one, whatever is sent to a client that is gone would throw.
        ((ServerCallStreamObserver<ExecuteBatchResponse>) replies).setOnCancelHandler(() -> {});
        return new FakeBatch(replies);
    }

    /** One stream: answers each message at once, and charges an item of a batch the first time that it runs. */
    private final class FakeBatch implements StreamObserver<ExecuteBatchRequest> {
        private final StreamObserver<ExecuteBatchResponse> replies;
        private final boolean isToBeCut = cuts.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        private BatchOpening opening = BatchOpening.getDefaultInstance();
        private int answered;
        private boolean ended;

        FakeBatch(StreamObserver<ExecuteBatchResponse> replies) {
            this.replies = replies;
        }

        @Override
        public void onNext(ExecuteBatchRequest message) {
            if (ended) {
                return;
            }
            if (message.hasOpening()) {
                opening = message.getOpening();
                batches.add(opening.getBatchId());
                replies.onNext(ExecuteBatchResponse.newBuilder()
                        .setOpened(BatchOpened.newBuilder().setInFlight(100))
                        .build());
            }
            message.getItems().getItemsList().forEach(this::answer);
        }

        private void answer(BatchItem item) {
            if (ended) {
                return;
            }
            items.incrementAndGet();
            BatchResult.Builder result = BatchResult.newBuilder().setItemId(item.getItemId());
            try {
                String name = opening.getBatchId() + " " + item;
                boolean isFirst = !seen.contains(name);
                if (!isFirst) {
                    charged.decrementAndGet();
                }
                result.setResponse(run(opening.getShared().toBuilder()
                                .setInput(item.getInput())
                                .addAllArgs(item.getArgsList())
                                .build())
                        .toBuilder()
                        .setRepeated(!isFirst));
                seen.add(name);
            } catch (StatusRuntimeException e) {
                com.google.rpc.Status status = Objects.requireNonNull(StatusProto.fromThrowable(e));
                result.setRefusal(ItemRefusal.newBuilder()
                        .setCode(status.getCode())
                        .setMessage(status.getMessage())
                        .addAllDetails(status.getDetailsList()));
            }
            answered++;
            if (isToBeCut && answered > resultsBeforeCut) {
                ended = true;
                replies.onError(Status.UNAVAILABLE
                        .withDescription("the connection was cut")
                        .asRuntimeException());
                return;
            }
            replies.onNext(ExecuteBatchResponse.newBuilder()
                    .setResults(BatchResults.newBuilder().addResults(result))
                    .build());
        }

        @Override
        public void onError(Throwable cancelled) {
            ended = true;
        }

        @Override
        public void onCompleted() {
            if (!ended) {
                replies.onNext(ExecuteBatchResponse.newBuilder()
                        .setSummary(BatchSummary.newBuilder().setItems(answered))
                        .build());
                replies.onCompleted();
            }
        }
    }

    private ExecuteResponse run(ExecuteRequest request) {
        StatusRuntimeException failure = fault;
        if (failure != null) {
            throw failure;
        }
        if (request.getLimits().getRunTime().getSeconds() > RUN_TIME_LIMIT_SECONDS) {
            throw FakeErrors.error(
                    Code.INVALID_ARGUMENT,
                    "a limit is above the tier's",
                    "LIMIT_ABOVE_TIER",
                    Map.of("tier", "Free"),
                    FakeErrors.field("limits.run_time", "must be above 0 and at most 5 s on Free, was 60 s"));
        }
        byte[] module = resolve(request.getModule());
        if (charged.incrementAndGet() > quota) {
            charged.decrementAndGet();
            throw FakeErrors.error(
                    Code.RESOURCE_EXHAUSTED,
                    "the quota of this UTC day is spent",
                    "DAILY_QUOTA_EXHAUSTED",
                    Map.of("limit", String.valueOf(quota)),
                    FakeErrors.quota("account", "at most " + quota + " executions a day"),
                    FakeErrors.retryAfterMillis(41_500));
        }
        return FakeGuest.run(module, request, receipt(request, module), receipts, KEPT_RECEIPTS);
    }

    private byte[] resolve(ModuleRef ref) {
        if (ref.hasInline()) {
            return modules.keep(ref.getInline().toByteArray(), "").bytes();
        }
        return modules.find(ref.getDigest()).bytes();
    }

    private Receipt.Builder receipt(ExecuteRequest request, byte[] module) {
        return Receipt.newBuilder()
                .setExecutionId(UUID.randomUUID().toString())
                .setAdmittedAt(Timestamps.fromMillis(System.currentTimeMillis() + clockAhead.toMillis()))
                .setModuleDigest(FakeModules.digest(module))
                .setWallTimeUs(1_250)
                .setCpuTimeUs(900)
                .setQueueTimeUs(40)
                .setPeakMemoryBytes(131_072)
                .setModuleBytes(module.length)
                .setInputBytes(request.getInput().size())
                .setCharged(true)
                .setTier(FakeAuthentication.TIER.get())
                .setTierVersion(1)
                .setQuotaRemaining(quota - charged.get())
                .setRequestId(request.getRequestId());
    }

    /** What a guest does. */
    private static final class FakeGuest {
        private FakeGuest() {}

        static ExecuteResponse run(
                byte[] module, ExecuteRequest request, Receipt.Builder receipt, List<Receipt> receipts, int kept) {
            String script = FakeModule.script(module);
            ExecuteResponse.Builder response = ExecuteResponse.newBuilder();
            ExecutionStatus status = ExecutionStatus.EXECUTION_STATUS_COMPLETED;
            String verb = script.split(" ", 2)[0];
            switch (verb) {
                case "upper" ->
                    response.setStdout(ByteString.copyFromUtf8(
                            request.getInput().toStringUtf8().toUpperCase(Locale.ROOT)));
                case "args" ->
                    response.setStdout(
                            ByteString.copyFromUtf8(request.getArgsList() + " " + request.getEnvMap() + "\n"));
                case "values" -> request.getInvoke().getArgsList().forEach(value -> response.addResults(0, value));
                case "files" ->
                    request.getFilesList()
                            .forEach(file -> response.setStdout(response.getStdout()
                                    .concat(ByteString.copyFromUtf8(file.getPath() + ":"))
                                    .concat(file.getContent())
                                    .concat(ByteString.copyFromUtf8("\n"))));
                case "exit" -> {
                    status = ExecutionStatus.EXECUTION_STATUS_FAILED;
                    receipt.setExitCode(Integer.parseInt(script.substring(5)));
                    response.setStderr(ByteString.copyFromUtf8("failing\n")).setMessage("the guest exited with a code");
                }
                case "trap" -> {
                    status = ExecutionStatus.EXECUTION_STATUS_TRAPPED;
                    receipt.setTrap(TrapKind.TRAP_KIND_UNREACHABLE);
                    response.setStdout(ByteString.copyFromUtf8("about to\n"))
                            .setMessage("unreachable\u001b[2J executed")
                            .addBacktrace("fail\u001b[2J (function 7)")
                            .addBacktrace("function 3");
                }
                case "timeout" -> {
                    status = ExecutionStatus.EXECUTION_STATUS_TIMED_OUT;
                    response.setStdout(ByteString.copyFromUtf8("partial\n")).setStdoutTruncated(true);
                }
                case "memory" -> status = ExecutionStatus.EXECUTION_STATUS_MEMORY_LIMIT;
                case "crash" -> status = ExecutionStatus.EXECUTION_STATUS_SANDBOX_CRASHED;
                case "cancelled" -> status = ExecutionStatus.EXECUTION_STATUS_CANCELLED;
                default -> response.setStdout(greeting(module));
            }
            receipt.setStatus(status);
            if (status == ExecutionStatus.EXECUTION_STATUS_COMPLETED) {
                receipt.setExitCode(0);
            }
            receipt.setOutputBytes(
                    (long) response.getStdout().size() + response.getStderr().size());
            if (receipts.size() < kept) {
                receipts.add(receipt.build());
            }
            return response.setReceipt(receipt).build();
        }

        // The real hello.wasm: its data segment is what it prints.
        private static ByteString greeting(byte[] module) {
            byte[] greeting = "hello, world!\n".getBytes(StandardCharsets.UTF_8);
            for (int at = 0; at + greeting.length <= module.length; at++) {
                if (Arrays.equals(module, at, at + greeting.length, greeting, 0, greeting.length)) {
                    return ByteString.copyFrom(greeting);
                }
            }
            return ByteString.EMPTY;
        }
    }
}

package io.wasmwiz.local;

import com.google.protobuf.ByteString;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.local.parts.BearerKey;
import io.wasmwiz.local.parts.LocalAccount;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleRef;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.UploadModuleHeader;
import io.wasmwiz.v1.UploadModuleRequest;
import io.wasmwiz.v1.UploadModuleResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What a newcomer wants to see: a module uploaded and run through gRPC with an API key, and its receipt found again as a
 * row of the ledger.
 */
final class FirstRun {
    private static final int CHUNK_BYTES = 256 * 1024;
    private static final long CALL_TIMEOUT_SECONDS = 30;
    private static final String INPUT = "a receipt in every reply equals the ledger row\n";

    private final LocalStack stack;
    private final Progress progress;

    FirstRun(LocalStack stack, Progress progress) {
        this.stack = stack;
        this.progress = progress;
    }

    /** Runs {@code sample} once on the Free account; false when receipt and row differ. */
    boolean run(Path sample) throws Exception {
        LocalAccount account = stack.accounts().get(0);
        ManagedChannel channel = Grpc.newChannelBuilder(stack.grpcAddress(), InsecureChannelCredentials.create())
                .intercept(BearerKey.sent(account.key()))
                .build();
        try {
            String digest = upload(channel, sample);
            ExecuteResponse response = ExecutionServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(CALL_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .execute(ExecuteRequest.newBuilder()
                            .setModule(ModuleRef.newBuilder().setDigest(digest))
                            .setInput(ByteString.copyFromUtf8(INPUT))
                            .build());
            progress.say("input", INPUT.strip());
            progress.say("output", response.getStdout().toStringUtf8().strip());
            return compare(response);
        } finally {
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
    }

    private boolean compare(ExecuteResponse response) throws Exception {
        Map<String, String> receipt = ReceiptFields.of(response.getReceipt());
        UUID id = UUID.fromString(response.getReceipt().getExecutionId());
        try (Ledger ledger = Ledger.open(stack.readerUrl())) {
            Map<String, String> row = ledger.awaitRow(id);
            progress.line("");
            progress.line("  %-24s %-66s %s".formatted("", "receipt", "row of usage_logs"));
            boolean agree = receipt.keySet().equals(row.keySet());
            for (Map.Entry<String, String> field : receipt.entrySet()) {
                String stored = row.getOrDefault(field.getKey(), "(missing)");
                boolean same = stored.equals(field.getValue());
                agree &= same;
                progress.line("  %-24s %-66s %s%s"
                        .formatted(field.getKey(), field.getValue(), stored, same ? "" : "   <- differs"));
            }
            progress.line("");
            progress.say("counter of today", ledger.counter(id));
            progress.say("receipt and row", agree ? "agree in all " + receipt.size() + " fields" : "DIFFER, see above");
            progress.line("");
            return agree;
        }
    }

    private String upload(ManagedChannel channel, Path sample) throws Exception {
        byte[] module = Files.readAllBytes(sample);
        CompletableFuture<UploadModuleResponse> done = new CompletableFuture<>();
        StreamObserver<UploadModuleRequest> upload = ModuleServiceGrpc.newStub(channel)
                .withDeadlineAfter(CALL_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .uploadModule(new StreamObserver<>() {
                    @Override
                    public void onNext(UploadModuleResponse response) {
                        done.complete(response);
                    }

                    @Override
                    public void onError(Throwable failure) {
                        done.completeExceptionally(failure);
                    }

                    @Override
                    public void onCompleted() {
                        done.completeExceptionally(new IOException("the upload ended without a reply"));
                    }
                });
        upload.onNext(UploadModuleRequest.newBuilder()
                .setHeader(UploadModuleHeader.newBuilder()
                        .setName(sample.getFileName().toString()))
                .build());
        for (int at = 0; at < module.length; at += CHUNK_BYTES) {
            upload.onNext(UploadModuleRequest.newBuilder()
                    .setChunk(ByteString.copyFrom(module, at, Math.min(CHUNK_BYTES, module.length - at)))
                    .build());
        }
        upload.onCompleted();
        String digest =
                done.get(CALL_TIMEOUT_SECONDS, TimeUnit.SECONDS).getModule().getDigest();
        progress.line("");
        progress.say("uploaded", sample.getFileName() + ", " + module.length + " bytes, " + digest);
        return digest;
    }
}

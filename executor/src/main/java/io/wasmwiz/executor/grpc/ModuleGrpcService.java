package io.wasmwiz.executor.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.modules.ModuleLibrary;
import io.wasmwiz.executor.modules.ModuleStore;
import io.wasmwiz.executor.modules.ModulesConfig;
import io.wasmwiz.executor.modules.StoredModule;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.executor.work.ByteBudget;
import io.wasmwiz.v1.DeleteModuleRequest;
import io.wasmwiz.v1.DeleteModuleResponse;
import io.wasmwiz.v1.GetModuleRequest;
import io.wasmwiz.v1.GetModuleResponse;
import io.wasmwiz.v1.ListModulesRequest;
import io.wasmwiz.v1.ListModulesResponse;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.UploadModuleRequest;
import io.wasmwiz.v1.UploadModuleResponse;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;

/** {@code wasmwiz.v1.ModuleService} over the library. Thread-safe; never blocks. */
public final class ModuleGrpcService extends ModuleServiceGrpc.ModuleServiceImplBase {
    private static final String LIST = "ListModules";

    private final ModuleLibrary modules;
    private final int maxModuleBytes;
    private final ModulesConfig config;
    private final ByteBudget uploads;
    private final ScheduledExecutorService timers;

    /**
     * Serves {@code modules}.
     *
     * @param maxModuleBytes size of a module at most
     * @param timers ends uploads that take too long; not owned
     */
    public ModuleGrpcService(
            ModuleLibrary modules,
            int maxModuleBytes,
            ModulesConfig config,
            ScheduledExecutorService timers,
            MeterRegistry metrics) {
        this.modules = modules;
        this.maxModuleBytes = maxModuleBytes;
        this.config = config;
        this.uploads = new ByteBudget(config.uploadBytes());
        this.timers = timers;
        Gauge.builder("wasmwiz.uploads.held.bytes", uploads::heldBytes)
                .description("Bytes that uploads in progress hold")
                .register(metrics);
    }

    @Override
    public StreamObserver<UploadModuleRequest> uploadModule(StreamObserver<UploadModuleResponse> response) {
        UUID account = CallContext.caller().accountId();
        return new ModuleUpload(
                (ServerCallStreamObserver<UploadModuleResponse>) response,
                account,
                uploads,
                maxModuleBytes,
                config.uploadTimeout(),
                timers,
                (bytes, expected, name) -> modules.upload(account, bytes, expected, name));
    }

    @Override
    public void getModule(GetModuleRequest request, StreamObserver<GetModuleResponse> response) {
        UUID account = CallContext.caller().accountId();
        Replies.send(
                named(request.getDigest(), digest -> modules.get(account, digest)),
                module -> GetModuleResponse.newBuilder()
                        .setModule(ProtoMapper.toProto(module))
                        .build(),
                response);
    }

    @Override
    public void listModules(ListModulesRequest request, StreamObserver<ListModulesResponse> response) {
        UUID account = CallContext.caller().accountId();
        Replies.send(list(account, request), page -> page, response);
    }

    @Override
    public void deleteModule(DeleteModuleRequest request, StreamObserver<DeleteModuleResponse> response) {
        UUID account = CallContext.caller().accountId();
        Replies.send(
                named(request.getDigest(), digest -> modules.delete(account, digest)),
                digest -> DeleteModuleResponse.getDefaultInstance(),
                response);
    }

    private static <T> CompletionStage<T> named(String hex, Function<ModuleDigest, CompletionStage<T>> action) {
        return ModuleDigest.parse(hex)
                .map(action)
                .orElseGet(() -> CompletableFuture.failedFuture(new RefusedException(new Refusal.InvalidFields(
                        "digest", "DIGEST_MALFORMED", "digest must be a SHA-256 as 64 lower-case hex digits"))));
    }

    private CompletionStage<ListModulesResponse> list(UUID account, ListModulesRequest request) {
        try {
            int size = PageTokens.size(request.getPageSize());
            Optional<ModuleStore.Position> after = PageTokens.decode(account, LIST, 32, request.getPageToken())
                    .map(position -> new ModuleStore.Position(position.time(), ModuleDigest.ofSha256(position.key())));
            // One more than asked for, to know whether another page follows.
            return modules.list(account, after, size + 1).thenApply(found -> page(account, size, found));
        } catch (RefusedException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static ListModulesResponse page(UUID account, int size, List<StoredModule> found) {
        ListModulesResponse.Builder page = ListModulesResponse.newBuilder();
        found.stream().limit(size).map(ProtoMapper::toListed).forEach(page::addModules);
        if (found.size() > size) {
            StoredModule last = found.get(size - 1);
            page.setNextPageToken(PageTokens.encode(
                    account,
                    LIST,
                    new PageTokens.Position(last.createdAt(), last.digest().sha256())));
        }
        return page.build();
    }
}

package io.wasmwiz.executor.grpc;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.modules.ModuleStore.Keeping;
import io.wasmwiz.executor.modules.ModuleTask;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.work.ByteBudget;
import io.wasmwiz.v1.UploadModuleHeader;
import io.wasmwiz.v1.UploadModuleRequest;
import io.wasmwiz.v1.UploadModuleResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One upload in progress: a header, then chunks, one message at a time. Refuses at the first fault, not at the end. Its
 * bytes count against the budget of its account and of all uploads until the reply is sent. Thread-safe: the timer may end it at any time.
 */
final class ModuleUpload implements StreamObserver<UploadModuleRequest> {
    static final int MAX_CHUNK_BYTES = 1024 * 1024;
    static final int MAX_NAME_CHARACTERS = 128;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    /** What is done with the bytes. */
    @FunctionalInterface
    interface Keep {
        ModuleTask<Keeping.Kept> keep(byte[] bytes, Optional<ModuleDigest> expected, String name);
    }

    private final ServerCallStreamObserver<UploadModuleResponse> response;
    private final UUID account;
    private final ByteBudget budget;
    private final int maxModuleBytes;
    private final Keep keep;
    private final Future<?> timeout;

    private @Nullable UploadModuleHeader header;
    private Optional<ModuleDigest> expected = Optional.empty();
    private ByteString received = ByteString.EMPTY;
    private boolean ended;
    private @Nullable ModuleTask<Keeping.Kept> keeping;

    ModuleUpload(
            ServerCallStreamObserver<UploadModuleResponse> response,
            UUID account,
            ByteBudget budget,
            int maxModuleBytes,
            Duration maxTime,
            ScheduledExecutorService timers,
            Keep keep) {
        this.response = response;
        this.account = account;
        this.budget = budget;
        this.maxModuleBytes = maxModuleBytes;
        this.keep = keep;
        response.disableAutoRequest();
        response.setOnCancelHandler(this::abandon);
        response.request(1);
        this.timeout = timers.schedule(
                () -> refuse(new Refusal.UploadTimedOut(maxTime)), maxTime.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public synchronized void onNext(UploadModuleRequest part) {
        if (ended) {
            return;
        }
        Optional<Refusal> fault = switch (part.getPartCase()) {
            case HEADER -> begin(part.getHeader());
            case CHUNK -> append(part.getChunk());
            case PART_NOT_SET -> fault("part", "UPLOAD_PART_MISSING", "a message must have header or chunk");
        };
        if (fault.isPresent()) {
            refuse(fault.get());
        } else {
            response.request(1);
        }
    }

    private Optional<Refusal> begin(UploadModuleHeader first) {
        if (header != null) {
            return fault("header", "UPLOAD_HEADER_REPEATED", "the header comes once, before the chunks");
        }
        if (!first.getDigest().isEmpty()) {
            expected = ModuleDigest.parse(first.getDigest());
            if (expected.isEmpty()) {
                return fault(
                        "header.digest",
                        "DIGEST_MALFORMED",
                        "header.digest must be empty or a SHA-256 as 64 lower-case hex digits");
            }
        }
        String name = first.getName();
        if (name.codePointCount(0, name.length()) > MAX_NAME_CHARACTERS
                || name.codePoints().anyMatch(Character::isISOControl)) {
            return fault(
                    "header.name",
                    "MODULE_NAME_INVALID",
                    "header.name must have at most %d characters and no control characters"
                            .formatted(MAX_NAME_CHARACTERS));
        }
        header = first;
        return Optional.empty();
    }

    private Optional<Refusal> append(ByteString chunk) {
        if (header == null) {
            return fault("header", "UPLOAD_HEADER_MISSING", "the first message must be a header");
        }
        if (chunk.isEmpty() || chunk.size() > MAX_CHUNK_BYTES) {
            return fault(
                    "chunk",
                    chunk.isEmpty() ? "UPLOAD_CHUNK_EMPTY" : "UPLOAD_CHUNK_TOO_LARGE",
                    "a chunk must have 1 to %d bytes, this one has %d".formatted(MAX_CHUNK_BYTES, chunk.size()));
        }
        if ((long) received.size() + chunk.size() > maxModuleBytes) {
            return Optional.of(new Refusal.UploadTooLarge(maxModuleBytes));
        }
        if (!budget.tryTake(account, chunk.size())) {
            return Optional.of(new Refusal.UploadsBusy(RETRY_AFTER));
        }
        received = received.concat(chunk);
        return Optional.empty();
    }

    @Override
    public synchronized void onCompleted() {
        if (ended) {
            return;
        }
        if (header == null) {
            refuse(fault("header", "UPLOAD_HEADER_MISSING", "the first message must be a header")
                    .orElseThrow());
            return;
        }
        if (received.isEmpty()) {
            refuse(fault("chunk", "UPLOAD_EMPTY", "at least one chunk must follow the header")
                    .orElseThrow());
            return;
        }
        ended = true;
        timeout.cancel(false);
        int size = received.size();
        byte[] all = received.toByteArray();
        received = ByteString.EMPTY;
        keeping = keep.keep(all, expected, header.getName());
        keeping.result().whenComplete((kept, failure) -> {
            budget.giveBack(account, size);
            reply(kept, failure);
        });
    }

    private void reply(Keeping.@Nullable Kept kept, @Nullable Throwable failure) {
        if (kept == null) {
            response.onError(Replies.statusOf(
                    failure == null ? new IllegalStateException("an upload ended without a result") : failure));
            return;
        }
        response.onNext(UploadModuleResponse.newBuilder()
                .setModule(ProtoMapper.toProto(kept.module()))
                .setAlreadyExisted(kept.alreadyExisted())
                .build());
        response.onCompleted();
    }

    @Override
    public void onError(Throwable cancelled) {
        abandon();
    }

    private synchronized void refuse(Refusal refusal) {
        if (end()) {
            response.onError(OutcomeStatus.exception(refusal));
        }
    }

    /** Nobody waits any more: what was received goes, and an inspection that did not begin never does. */
    private void abandon() {
        ModuleTask<Keeping.Kept> unwanted;
        synchronized (this) {
            end();
            unwanted = keeping;
        }
        if (unwanted != null) {
            unwanted.cancel();
        }
    }

    private synchronized boolean end() {
        if (ended) {
            return false;
        }
        ended = true;
        timeout.cancel(false);
        budget.giveBack(account, received.size());
        received = ByteString.EMPTY;
        return true;
    }

    private static Optional<Refusal> fault(String field, String reason, String description) {
        return Optional.of(new Refusal.InvalidFields(field, reason, description));
    }
}

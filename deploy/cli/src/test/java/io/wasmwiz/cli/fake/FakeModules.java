package io.wasmwiz.cli.fake;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Timestamps;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.v1.DeleteModuleRequest;
import io.wasmwiz.v1.DeleteModuleResponse;
import io.wasmwiz.v1.GetModuleRequest;
import io.wasmwiz.v1.GetModuleResponse;
import io.wasmwiz.v1.ListModulesRequest;
import io.wasmwiz.v1.ListModulesResponse;
import io.wasmwiz.v1.Module;
import io.wasmwiz.v1.ModuleExport;
import io.wasmwiz.v1.ModuleImport;
import io.wasmwiz.v1.ModuleProfile;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.ModuleTable;
import io.wasmwiz.v1.UploadModuleHeader;
import io.wasmwiz.v1.UploadModuleRequest;
import io.wasmwiz.v1.UploadModuleResponse;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keeps modules in memory, in the order of their upload. Thread-safe. */
public final class FakeModules extends ModuleServiceGrpc.ModuleServiceImplBase {
    private static final int LARGEST_MODULE_BYTES = 1 << 20;
    private static final int LARGEST_PAGE = 2;

    record Kept(Module module, byte[] bytes) {}

    private final Map<String, Kept> kept = Collections.synchronizedMap(new LinkedHashMap<>());

    /** Digests of what is kept. */
    public List<String> digests() {
        synchronized (kept) {
            return List.copyOf(kept.keySet());
        }
    }

    Kept keep(byte[] bytes, String name) {
        return kept.computeIfAbsent(
                digest(bytes),
                digest -> new Kept(
                        Module.newBuilder()
                                .setDigest(digest)
                                .setName(name)
                                .setSizeBytes(bytes.length)
                                .setCreatedAt(Timestamps.fromSeconds(1_767_225_600))
                                .setProfile(ModuleProfile.newBuilder()
                                        .addImports("wasi_snapshot_preview1.fd_write")
                                        .addExports("_start")
                                        .setMemoryMinimumBytes(65_536)
                                        .addImportDetails(ModuleImport.newBuilder()
                                                .setModule("wasi_snapshot_preview1")
                                                .setName("fd_write")
                                                .setType("(i32 i32 i32 i32) -> (i32)"))
                                        .addExportDetails(ModuleExport.newBuilder()
                                                .setName("_start")
                                                .setKind("function")
                                                .setType("() -> ()"))
                                        .setMoreExports(7)
                                        .addTables(ModuleTable.newBuilder()
                                                .setElementType("funcref")
                                                .setMinimumElements(1))
                                        .setGrowsMemory(true)
                                        .setHasStartSection(true)
                                        .addFeatures("bulk-memory")
                                        .setFunctionCount(2))
                                .build(),
                        bytes));
    }

    Kept find(String digest) {
        Kept found = kept.get(digest);
        if (found == null) {
            throw notFound(digest);
        }
        return found;
    }

    private static StatusRuntimeException notFound(String digest) {
        return FakeErrors.error(
                Code.NOT_FOUND, "this account has no such module", "MODULE_NOT_FOUND", Map.of("digest", digest));
    }

    static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public StreamObserver<UploadModuleRequest> uploadModule(StreamObserver<UploadModuleResponse> replies) {
        return new StreamObserver<>() {
            private UploadModuleHeader header = UploadModuleHeader.getDefaultInstance();
            private ByteString bytes = ByteString.EMPTY;
            private boolean refused;

            @Override
            public void onNext(UploadModuleRequest request) {
                if (request.hasHeader()) {
                    header = request.getHeader();
                } else if (!refused) {
                    bytes = bytes.concat(request.getChunk());
                    if (bytes.size() > LARGEST_MODULE_BYTES) {
                        refused = true;
                        replies.onError(FakeErrors.error(
                                Code.RESOURCE_EXHAUSTED,
                                "the module is too large",
                                "MODULE_TOO_LARGE",
                                Map.of("limit_bytes", String.valueOf(LARGEST_MODULE_BYTES))));
                    }
                }
            }

            @Override
            public void onError(Throwable failure) {
                // The client went away; nothing was kept.
            }

            @Override
            public void onCompleted() {
                if (refused) {
                    return;
                }
                byte[] all = bytes.toByteArray();
                if (!digest(all).equals(header.getDigest())) {
                    replies.onError(FakeErrors.error(
                            Code.INVALID_ARGUMENT,
                            "the digest does not match",
                            "DIGEST_MISMATCH",
                            Map.of(),
                            FakeErrors.field("header.digest", "must be the SHA-256 of the bytes")));
                    return;
                }
                boolean existed = kept.containsKey(header.getDigest());
                replies.onNext(UploadModuleResponse.newBuilder()
                        .setModule(keep(all, header.getName()).module())
                        .setAlreadyExisted(existed)
                        .build());
                replies.onCompleted();
            }
        };
    }

    @Override
    public void getModule(GetModuleRequest request, StreamObserver<GetModuleResponse> replies) {
        Kept found = kept.get(request.getDigest());
        if (found == null) {
            replies.onError(notFound(request.getDigest()));
            return;
        }
        replies.onNext(GetModuleResponse.newBuilder().setModule(found.module()).build());
        replies.onCompleted();
    }

    @Override
    public void listModules(ListModulesRequest request, StreamObserver<ListModulesResponse> replies) {
        List<Module> newestFirst = new ArrayList<>();
        synchronized (kept) {
            kept.values().forEach(entry -> newestFirst.add(0, entry.module()));
        }
        int from = request.getPageToken().isEmpty() ? 0 : Integer.parseInt(request.getPageToken());
        int to = Math.min(newestFirst.size(), from + Math.min(LARGEST_PAGE, request.getPageSize()));
        replies.onNext(ListModulesResponse.newBuilder()
                .addAllModules(newestFirst.subList(from, to))
                .setNextPageToken(to < newestFirst.size() ? String.valueOf(to) : "")
                .build());
        replies.onCompleted();
    }

    @Override
    public void deleteModule(DeleteModuleRequest request, StreamObserver<DeleteModuleResponse> replies) {
        if (kept.remove(request.getDigest()) == null) {
            replies.onError(notFound(request.getDigest()));
            return;
        }
        replies.onNext(DeleteModuleResponse.getDefaultInstance());
        replies.onCompleted();
    }
}

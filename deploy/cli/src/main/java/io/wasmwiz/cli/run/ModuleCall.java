package io.wasmwiz.cli.run;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.wasmwiz.cli.module.ModuleArgument;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc.ExecutionServiceBlockingStub;
import io.wasmwiz.v1.ModuleRef;

/**
 * Sends a module by the cheaper way. A small one goes along, since a second round trip would cost more than its bytes. A
 * larger one is named by its digest, and goes along only if the server does not have it: from the second run on, megabytes
 * become 64 bytes.
 */
public final class ModuleCall {
    private static final int ALWAYS_INLINE_BYTES = 65_536;

    private ModuleCall() {}

    /** Executes {@code request}, which has no module yet; throws StatusRuntimeException. */
    public static ExecuteResponse execute(
            ExecutionServiceBlockingStub stub, ModuleArgument module, ExecuteRequest.Builder request) {
        ByteString bytes = module.bytes();
        if (bytes != null && bytes.size() <= ALWAYS_INLINE_BYTES) {
            return stub.execute(request.setModule(inline(bytes)).build());
        }
        try {
            return stub.execute(request.setModule(byDigest(module.digest())).build());
        } catch (StatusRuntimeException e) {
            if (bytes == null || e.getStatus().getCode() != Status.Code.NOT_FOUND) {
                throw e;
            }
        }
        return stub.execute(request.setModule(inline(bytes)).build());
    }

    /** Names a module that the server has. */
    public static ModuleRef byDigest(String digest) {
        return ModuleRef.newBuilder().setDigest(digest).build();
    }

    private static ModuleRef inline(ByteString bytes) {
        return ModuleRef.newBuilder().setInline(bytes).build();
    }
}

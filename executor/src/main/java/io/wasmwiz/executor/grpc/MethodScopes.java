package io.wasmwiz.executor.grpc;

import io.grpc.MethodDescriptor;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.util.Map;

/** Which scope a key needs for which method. A method that is not here cannot be called. */
final class MethodScopes {
    static final Map<String, Scope> TABLE = Map.of(
            ExecutionServiceGrpc.getExecuteMethod().getFullMethodName(), Scope.EXECUTE,
            ModuleServiceGrpc.getUploadModuleMethod().getFullMethodName(), Scope.MODULES,
            ModuleServiceGrpc.getGetModuleMethod().getFullMethodName(), Scope.MODULES,
            ModuleServiceGrpc.getListModulesMethod().getFullMethodName(), Scope.MODULES,
            ModuleServiceGrpc.getDeleteModuleMethod().getFullMethodName(), Scope.MODULES,
            UsageServiceGrpc.getGetQuotaMethod().getFullMethodName(), Scope.USAGE,
            UsageServiceGrpc.getListExecutionsMethod().getFullMethodName(), Scope.USAGE);

    private MethodScopes() {}

    static Scope of(MethodDescriptor<?, ?> method) {
        Scope scope = TABLE.get(method.getFullMethodName());
        if (scope == null) {
            throw new IllegalStateException("no scope is declared for " + method.getFullMethodName());
        }
        return scope;
    }
}

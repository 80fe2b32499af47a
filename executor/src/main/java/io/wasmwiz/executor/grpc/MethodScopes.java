package io.wasmwiz.executor.grpc;

import static java.util.Map.entry;

import io.grpc.MethodDescriptor;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.v1.AdminServiceGrpc;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which scopes a key needs for which method: any one of those listed, the least first. A method that is not here cannot
 * be called. What {@code account} allows is for the own account only, which the called method sees to.
 */
final class MethodScopes {
    static final Map<String, List<Scope>> TABLE = Stream.of(
                    of(ExecutionServiceGrpc.getExecuteMethod(), Scope.EXECUTE),
                    of(ExecutionServiceGrpc.getExecuteBatchMethod(), Scope.EXECUTE),
                    of(ModuleServiceGrpc.getUploadModuleMethod(), Scope.MODULES),
                    of(ModuleServiceGrpc.getGetModuleMethod(), Scope.MODULES),
                    of(ModuleServiceGrpc.getListModulesMethod(), Scope.MODULES),
                    of(ModuleServiceGrpc.getDeleteModuleMethod(), Scope.MODULES),
                    of(UsageServiceGrpc.getGetQuotaMethod(), Scope.USAGE),
                    of(UsageServiceGrpc.getListExecutionsMethod(), Scope.USAGE),
                    of(UsageServiceGrpc.getGetBatchMethod(), Scope.USAGE),
                    of(UsageServiceGrpc.getExportUsageMethod(), Scope.USAGE),
                    of(UsageServiceGrpc.getQueryUsageMethod(), Scope.USAGE),
                    of(UsageServiceGrpc.getWatchQuotaMethod(), Scope.USAGE),
                    // Whoever may be refused may ask why.
                    of(UsageServiceGrpc.getExplainDenialMethod(), Scope.USAGE, Scope.EXECUTE, Scope.MODULES),
                    of(AdminServiceGrpc.getCreateUserMethod(), Scope.ADMIN),
                    of(AdminServiceGrpc.getGetUserMethod(), Scope.ACCOUNT, Scope.ADMIN),
                    of(AdminServiceGrpc.getListUsersMethod(), Scope.ADMIN),
                    of(AdminServiceGrpc.getUpdateUserTierMethod(), Scope.ADMIN),
                    of(AdminServiceGrpc.getSuspendUserMethod(), Scope.ADMIN),
                    of(AdminServiceGrpc.getResumeUserMethod(), Scope.ADMIN),
                    of(AdminServiceGrpc.getCreateApiKeyMethod(), Scope.ACCOUNT, Scope.ADMIN),
                    of(AdminServiceGrpc.getGetApiKeyMethod(), Scope.ACCOUNT, Scope.ADMIN),
                    of(AdminServiceGrpc.getListApiKeysMethod(), Scope.ACCOUNT, Scope.ADMIN),
                    of(AdminServiceGrpc.getUpdateApiKeyMethod(), Scope.ACCOUNT, Scope.ADMIN),
                    of(AdminServiceGrpc.getRotateApiKeyMethod(), Scope.ACCOUNT, Scope.ADMIN),
                    of(AdminServiceGrpc.getRevokeApiKeyMethod(), Scope.ACCOUNT, Scope.ADMIN),
                    of(AdminServiceGrpc.getCreateTierMethod(), Scope.ADMIN),
                    of(AdminServiceGrpc.getUpdateTierMethod(), Scope.ADMIN),
                    of(AdminServiceGrpc.getListTiersMethod(), Scope.ACCOUNT, Scope.ADMIN),
                    of(AdminServiceGrpc.getListAuditEventsMethod(), Scope.ADMIN),
                    of(AdminServiceGrpc.getVerifyAuditMethod(), Scope.ADMIN))
            .collect(Collectors.toUnmodifiableMap(Entry::getKey, Entry::getValue));

    private MethodScopes() {}

    /** Whether a key with {@code scopes} may call {@code method}. */
    static boolean allows(MethodDescriptor<?, ?> method, Set<Scope> scopes) {
        return needed(method).stream().anyMatch(scopes::contains);
    }

    /** The least scope that {@code method} needs. */
    static Scope least(MethodDescriptor<?, ?> method) {
        return needed(method).get(0);
    }

    private static List<Scope> needed(MethodDescriptor<?, ?> method) {
        List<Scope> scopes = TABLE.get(method.getFullMethodName());
        if (scopes == null) {
            throw new IllegalStateException("no scope is declared for " + method.getFullMethodName());
        }
        return scopes;
    }

    private static Entry<String, List<Scope>> of(MethodDescriptor<?, ?> method, Scope... anyOf) {
        return entry(method.getFullMethodName(), List.copyOf(Arrays.asList(anyOf)));
    }
}

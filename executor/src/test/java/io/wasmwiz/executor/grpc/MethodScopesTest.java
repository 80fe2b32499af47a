package io.wasmwiz.executor.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor;
import io.wasmwiz.executor.ApiMethods;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.v1.AdminServiceGrpc;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MethodScopesTest {
    @Test
    void declaresAScopeForEveryMethodOfTheApiAndNoOther() {
        assertThat(MethodScopes.TABLE.keySet())
                .containsExactlyInAnyOrderElementsOf(ApiMethods.all().stream()
                        .map(MethodDescriptor::getFullMethodName)
                        .toList());
        assertThat(MethodScopes.TABLE.values())
                .allSatisfy(scopes -> assertThat(scopes).isNotEmpty());
    }

    @Test
    void opensTheAdminServiceToOperatorsAndTenantsServicesToNobodyElse() {
        for (MethodDescriptor<?, ?> method : ApiMethods.all()) {
            boolean admin = AdminServiceGrpc.SERVICE_NAME.equals(method.getServiceName());

            assertThat(MethodScopes.allows(method, Set.of(Scope.ADMIN)))
                    .as(method.getFullMethodName())
                    .isEqualTo(admin);
            assertThat(MethodScopes.allows(method, EnumSet.of(Scope.EXECUTE, Scope.MODULES, Scope.USAGE)))
                    .as(method.getFullMethodName())
                    .isEqualTo(!admin);
            assertThat(MethodScopes.allows(method, Set.of())).isFalse();
        }
    }

    @Test
    void keepsOwnersFromWhatIsForOperators() {
        assertThat(ApiMethods.all().stream()
                        .filter(method -> MethodScopes.allows(method, Set.of(Scope.ACCOUNT)))
                        .map(MethodDescriptor::getBareMethodName))
                .containsExactlyInAnyOrderElementsOf(List.of(
                        "GetUser",
                        "CreateApiKey",
                        "GetApiKey",
                        "ListApiKeys",
                        "UpdateApiKey",
                        "RotateApiKey",
                        "RevokeApiKey",
                        "ListTiers"));
    }
}

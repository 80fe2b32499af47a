package io.wasmwiz.executor.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MethodScopesTest {
    @Test
    void declaresAScopeForEveryMethodAndNoOther() {
        assertThat(MethodScopes.TABLE.keySet())
                .containsExactlyInAnyOrderElementsOf(Stream.of(
                                ExecutionServiceGrpc.getServiceDescriptor(),
                                ModuleServiceGrpc.getServiceDescriptor(),
                                UsageServiceGrpc.getServiceDescriptor())
                        .flatMap(service -> service.getMethods().stream())
                        .map(MethodDescriptor::getFullMethodName)
                        .toList());
    }
}

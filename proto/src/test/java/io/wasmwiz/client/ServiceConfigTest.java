package io.wasmwiz.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.v1.AdminServiceGrpc;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ServiceConfigTest {
    private static final Set<String> METHODS = Stream.of(
                    ExecutionServiceGrpc.getServiceDescriptor(),
                    ModuleServiceGrpc.getServiceDescriptor(),
                    UsageServiceGrpc.getServiceDescriptor(),
                    AdminServiceGrpc.getServiceDescriptor())
            .flatMap(service -> service.getMethods().stream())
            .map(method -> method.getFullMethodName())
            .collect(Collectors.toUnmodifiableSet());

    @Test
    void repeatsOnlyWhatReads() {
        assertThat(repeated(ServiceConfig.standard()))
                .isNotEmpty()
                .allMatch(method -> method.matches(".*/(Get|List|Query|Export|Watch|Explain).*"))
                .isSubsetOf(METHODS);
    }

    @Test
    void repeatsAnExecuteOnlyForClientsThatGiveItAnId() {
        Set<String> more = new HashSet<>(repeated(ServiceConfig.forRequestIds()));
        more.removeAll(repeated(ServiceConfig.standard()));
        assertThat(more).containsExactly("wasmwiz.v1.ExecutionService/Execute");
        assertThat(more).isSubsetOf(METHODS);
    }

    @Test
    void spreadsCallsAndWaitsForConnections() {
        for (Map<String, ?> config : List.of(ServiceConfig.standard(), ServiceConfig.forRequestIds())) {
            assertThat(config.get("loadBalancingConfig")).isEqualTo(List.of(Map.of("round_robin", Map.of())));
            assertThat(methods(config))
                    .allSatisfy(method -> assertThat(method.get("waitForReady")).isEqualTo(true));
        }
    }

    private static Set<String> repeated(Map<String, ?> config) {
        return methods(config).stream()
                .filter(method -> method.containsKey("retryPolicy"))
                .flatMap(method -> ((List<?>) Objects.requireNonNull(method.get("name"))).stream())
                .flatMap(name -> methodsOf((Map<?, ?>) name))
                .collect(Collectors.toSet());
    }

    private static Stream<String> methodsOf(Map<?, ?> name) {
        return name.containsKey("method")
                ? Stream.of(name.get("service") + "/" + name.get("method"))
                : METHODS.stream().filter(method -> method.startsWith(name.get("service") + "/"));
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> methods(Map<String, ?> config) {
        return (List<Map<String, Object>>) Objects.requireNonNull(config.get("methodConfig"));
    }
}

package io.wasmwiz.executor.grpc;

import io.grpc.BindableService;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.wasmwiz.service.health.HealthMonitor;
import io.wasmwiz.v1.AdminServiceGrpc;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.util.Map;

/** {@code grpc.health.v1}: each service serves while what it needs does; "" while all do. Thread-safe. */
public final class ServiceHealth {
    /** Names of the dependencies as the health monitor knows them. */
    public static final String POSTGRESQL = "postgresql";

    /** Whether keys can be checked; they can for a while after PostgreSQL went away. */
    public static final String AUTHENTICATION = "authentication";

    public static final String KAFKA = "kafka";

    private static final Map<String, String[]> NEEDS = Map.of(
            ExecutionServiceGrpc.SERVICE_NAME, new String[] {AUTHENTICATION, KAFKA},
            ModuleServiceGrpc.SERVICE_NAME, new String[] {POSTGRESQL, AUTHENTICATION},
            UsageServiceGrpc.SERVICE_NAME, new String[] {POSTGRESQL, AUTHENTICATION},
            AdminServiceGrpc.SERVICE_NAME, new String[] {POSTGRESQL, AUTHENTICATION},
            HealthStatusManager.SERVICE_NAME_ALL_SERVICES, new String[] {POSTGRESQL, AUTHENTICATION, KAFKA});

    private final HealthStatusManager statuses = new HealthStatusManager();

    /**
     * Follows {@code monitor} from now on.
     *
     * @param withAdmin whether the admin service is served; otherwise its health is not known, as of any other service
     */
    public ServiceHealth(HealthMonitor monitor, boolean withAdmin) {
        monitor.onChange(snapshot -> NEEDS.forEach((service, needs) -> {
            if (withAdmin || !service.equals(AdminServiceGrpc.SERVICE_NAME)) {
                statuses.setStatus(service, snapshot.isUp(needs) ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
            }
        }));
    }

    /** The service to serve. */
    BindableService service() {
        return statuses.getHealthService();
    }

    /** Nothing serves any more, for good. */
    public void drain() {
        statuses.enterTerminalState();
    }
}

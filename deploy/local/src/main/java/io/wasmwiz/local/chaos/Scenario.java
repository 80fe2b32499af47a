package io.wasmwiz.local.chaos;

import io.wasmwiz.local.cluster.Role;
import java.util.Set;

/** Which parts of the cluster go wrong. */
enum Scenario {
    ALL(Role.EXECUTOR, Role.METERING, Role.BROKER, Role.CONTROLLER, Role.POSTGRESQL),
    EXECUTORS(Role.EXECUTOR),
    METERING(Role.METERING),
    LOG(Role.BROKER, Role.CONTROLLER),
    POSTGRESQL(Role.POSTGRESQL);

    private final Set<Role> roles;

    Scenario(Role... roles) {
        this.roles = Set.of(roles);
    }

    boolean includes(Role role) {
        return roles.contains(role);
    }
}

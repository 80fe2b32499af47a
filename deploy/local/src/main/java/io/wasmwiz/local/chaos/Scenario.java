package io.wasmwiz.local.chaos;

import io.wasmwiz.local.cluster.Role;
import java.util.Set;

/** Which parts of the cluster go wrong. */
enum Scenario {
    ALL(true, true, Role.EXECUTOR, Role.METERING, Role.BROKER, Role.CONTROLLER, Role.POSTGRESQL),
    EXECUTORS(false, false, Role.EXECUTOR),
    METERING(false, false, Role.METERING),
    LOG(false, false, Role.BROKER, Role.CONTROLLER),
    POSTGRESQL(false, false, Role.POSTGRESQL),
    LINKS(true, false),
    QUEUES(false, true);

    private final boolean links;
    private final boolean queues;
    private final Set<Role> roles;

    Scenario(boolean links, boolean queues, Role... roles) {
        this.links = links;
        this.queues = queues;
        this.roles = Set.of(roles);
    }

    /** Whether processes of {@code role} go wrong. */
    boolean includes(Role role) {
        return roles.contains(role);
    }

    boolean includesLinks() {
        return links;
    }

    boolean includesQueues() {
        return queues;
    }
}

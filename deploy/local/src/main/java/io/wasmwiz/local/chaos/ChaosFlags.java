package io.wasmwiz.local.chaos;

import io.wasmwiz.local.cluster.Role;
import java.util.List;
import java.util.Map;

/** Settings of the services that make a dead executor's leases end soon, so that a short run sees their end. */
final class ChaosFlags {
    static final Map<Role, List<String>> ALL = Map.of(
            Role.EXECUTOR,
            List.of(
                    "--max-queue-wait=5s",
                    "--event-delivery-timeout=5s",
                    "--admission-lease-duration=10s",
                    "--admission-lease-idle=2s",
                    // Killed sandboxes must not be taken for the module's fault.
                    "--quarantine-after=100",
                    "--quarantine-window=1s",
                    "--free-crashes-per-day=1000",
                    "--sandbox-processes=1",
                    "--sandbox-max-processes=2",
                    "--compile-processes=1"),
            Role.METERING,
            List.of(
                    "--max-queue-wait=5s",
                    "--event-delivery-timeout=5s",
                    "--lease-close-margin=1s",
                    "--lease-sweep-interval=1s"));

    private ChaosFlags() {}
}

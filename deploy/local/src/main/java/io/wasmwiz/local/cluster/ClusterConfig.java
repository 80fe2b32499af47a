package io.wasmwiz.local.cluster;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A cluster to run.
 *
 * @param dataDirectory of everything: data, logs, secrets
 * @param proxied whether the links of {@link Links} go through proxies
 * @param jvms what its JVMs are for
 * @param extraFlags flags of executors and workers beyond those that tie the cluster together, by role
 */
public record ClusterConfig(
        Path dataDirectory,
        ClusterSize size,
        ClusterPorts ports,
        boolean proxied,
        JvmUse jvms,
        Map<Role, List<String>> extraFlags) {
    public ClusterConfig {
        dataDirectory = dataDirectory.toAbsolutePath().normalize();
        extraFlags = Map.copyOf(extraFlags);
    }
}

package io.wasmwiz.local.cluster;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A cluster to run.
 *
 * @param dataDirectory of everything: data, logs, secrets
 * @param proxied whether the links of {@link Links} go through proxies
 * @param optimizes whether its JVMs use their optimizing compiler, which pays after minutes under load: until then a dozen
 *     of them spend most of a small machine on it
 * @param extraFlags flags of executors and workers beyond those that tie the cluster together, by role
 */
public record ClusterConfig(
        Path dataDirectory,
        ClusterSize size,
        ClusterPorts ports,
        boolean proxied,
        boolean optimizes,
        Map<Role, List<String>> extraFlags) {
    public ClusterConfig {
        dataDirectory = dataDirectory.toAbsolutePath().normalize();
        extraFlags = Map.copyOf(extraFlags);
    }
}

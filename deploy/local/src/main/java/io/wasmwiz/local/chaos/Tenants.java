package io.wasmwiz.local.chaos;

import io.wasmwiz.local.cluster.Cluster;
import io.wasmwiz.service.Closer;

/**
 * Makes accounts of a cluster and their load.
 *
 * @param module what they run
 * @param closer closes their channels
 */
record Tenants(Cluster cluster, byte[] module, Closer closer) {
    /** One account on a tier of its own. */
    TenantLoad load(String tier, int dailyLimit, int callsPerSecond, boolean withRequestIds) {
        Tenant tenant = Tenant.create(cluster.database().owner(), tier, dailyLimit, callsPerSecond, withRequestIds);
        return closer.add(TenantLoad.open(tenant, cluster.executorAddresses(), module));
    }
}

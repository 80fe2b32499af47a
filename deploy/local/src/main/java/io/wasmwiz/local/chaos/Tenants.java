package io.wasmwiz.local.chaos;

import io.wasmwiz.local.cluster.Cluster;
import io.wasmwiz.service.Closer;
import java.util.ArrayList;
import java.util.List;

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

    /** As {@link #load}, with batches instead of calls: an account for each executor. */
    List<BatchLoad> batches(String tier, int dailyLimit, int itemsPerSecond) {
        List<BatchLoad> loads = new ArrayList<>();
        for (int number = 1; number <= cluster.executorAddresses().size(); number++) {
            Tenant tenant =
                    Tenant.create(cluster.database().owner(), tier + "-" + number, dailyLimit, itemsPerSecond, false);
            loads.add(closer.add(BatchLoad.open(tenant, cluster.executorAddresses(), module)));
        }
        return loads;
    }
}

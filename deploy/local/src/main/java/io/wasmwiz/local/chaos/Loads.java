package io.wasmwiz.local.chaos;

import java.util.List;
import java.util.UUID;

/**
 * Who calls.
 *
 * @param plain without request ids
 * @param named with request ids
 * @param small with an allowance that is spent in the end
 * @param flood only to fill queues
 */
record Loads(TenantLoad plain, TenantLoad named, TenantLoad small, TenantLoad flood) {
    /** Those that call all the time. */
    List<TenantLoad> steady() {
        return List.of(plain, named, small);
    }

    /** All of them. */
    List<TenantLoad> all() {
        return List.of(plain, named, small, flood);
    }

    /** Whose calls these are. */
    List<UUID> accounts() {
        return all().stream().map(load -> load.tenant().account()).toList();
    }

    /** Every call so far. */
    List<Call> calls() {
        return all().stream().flatMap(load -> load.calls().stream()).toList();
    }
}

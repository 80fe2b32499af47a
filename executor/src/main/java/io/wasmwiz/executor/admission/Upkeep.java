package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.admission.KeyUnits.GiveBack;
import java.util.ArrayList;
import java.util.List;

/** What a look at all accounts found to do with the store. Not thread-safe: of one look, and of the task that does it. */
final class Upkeep {
    final List<Lease> renewals = new ArrayList<>();
    final List<GiveBack> giveBacks = new ArrayList<>();
    /** Units of leases that others could ask for. */
    long unspent;

    boolean isNeeded() {
        return unspent > 0 || !giveBacks.isEmpty();
    }
}

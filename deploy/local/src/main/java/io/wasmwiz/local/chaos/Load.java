package io.wasmwiz.local.chaos;

import java.util.List;

/** Who uses the cluster while things go wrong, in one tenant's name, and what became of it. Its opener closes it. */
sealed interface Load extends AutoCloseable permits TenantLoad, BatchLoad {
    /** Whose name. */
    Tenant tenant();

    /** Starts it. */
    void begin();

    /** Stops making more and waits until whatever was begun has ended. */
    void finish() throws InterruptedException;

    /** What has ended, in the order of its end. */
    List<Call> calls();

    @Override
    void close() throws InterruptedException;
}

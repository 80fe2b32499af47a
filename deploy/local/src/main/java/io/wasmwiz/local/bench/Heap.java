package io.wasmwiz.local.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;

/** What this JVM's heap holds after collections. */
final class Heap {
    private Heap() {}

    /** MiB that survived the last collection of each pool that collections tell of. */
    static double liveMib() {
        long bytes = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.HEAP && pool.getCollectionUsage() != null) {
                bytes += pool.getCollectionUsage().getUsed();
            }
        }
        return bytes / 1_048_576.0;
    }

    /** The same, after a collection now. */
    static double collectedMib() {
        System.gc();
        return liveMib();
    }
}

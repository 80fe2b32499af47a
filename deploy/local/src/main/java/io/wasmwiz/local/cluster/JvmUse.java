package io.wasmwiz.local.cluster;

import java.util.ArrayList;
import java.util.List;

/** What a cluster's JVMs are for. */
public enum JvmUse {
    /** Quickly there: without the optimizing compiler, on which a dozen JVMs spend most of a small machine for minutes. */
    STARTED_OFTEN(false, false),
    /** The same with a heap that is all resident from the start, so that resident memory grows only by what lies beside it. */
    WATCHED_FOR_GROWTH(false, true),
    /** For minutes under load. */
    LONG_LOAD(true, false);

    private final boolean optimizes;
    private final boolean residentHeap;

    JvmUse(boolean optimizes, boolean residentHeap) {
        this.optimizes = optimizes;
        this.residentHeap = residentHeap;
    }

    /** JVM flags for it. */
    List<String> flags(int heapMib) {
        List<String> flags = new ArrayList<>();
        if (!optimizes) {
            flags.add("-XX:TieredStopAtLevel=1");
        }
        if (residentHeap) {
            flags.addAll(List.of("-Xms" + heapMib + "m", "-XX:+AlwaysPreTouch"));
        }
        return flags;
    }
}

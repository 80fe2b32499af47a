package io.wasmwiz.local.cluster;

import java.util.List;
import java.util.stream.Stream;

/** What a cluster's JVMs are for. */
public enum JvmUse {
    /** Quickly there: without the optimizing compiler, on which a dozen JVMs spend most of a small machine for minutes. */
    STARTED_OFTEN("-XX:TieredStopAtLevel=1"),
    /** The same with a heap that is all resident from the start, so that resident memory grows only by what lies beside it. */
    WATCHED_FOR_GROWTH("-XX:TieredStopAtLevel=1", "-XX:+AlwaysPreTouch"),
    /** For minutes under load. */
    LONG_LOAD;

    private final List<String> flags;

    JvmUse(String... flags) {
        this.flags = List.of(flags);
    }

    /** JVM flags for it. */
    List<String> flags(int heapMib) {
        return this == WATCHED_FOR_GROWTH
                ? Stream.concat(flags.stream(), Stream.of("-Xms" + heapMib + "m"))
                        .toList()
                : flags;
    }
}

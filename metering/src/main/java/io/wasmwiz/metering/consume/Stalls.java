package io.wasmwiz.metering.consume;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Partitions that stand still until a person decides. Written by the loop, read by anyone. */
final class Stalls {
    private static final Logger log = LoggerFactory.getLogger(Stalls.class);

    private final Map<Integer, Stall> stalled = new ConcurrentHashMap<>();

    void raise(int partition, Stall stall) {
        stalled.put(partition, stall);
        log.atError()
                .addKeyValue("partition", partition)
                .addKeyValue("cause", stall.cause())
                .addKeyValue("detail", stall.detail())
                .log("partition stopped: it is not metered until an operator acts");
    }

    /** The partitions are another worker's, or are looked at anew. */
    void forget(Collection<Integer> partitions) {
        stalled.keySet().removeAll(Set.copyOf(partitions));
    }

    boolean has(int partition) {
        return stalled.containsKey(partition);
    }

    int count() {
        return stalled.size();
    }

    /** One sentence for operators; empty when nothing stands still. */
    String describe() {
        return new TreeMap<>(stalled)
                .entrySet().stream()
                        .map(entry -> "partition %d stopped, %s: %s"
                                .formatted(
                                        entry.getKey(),
                                        entry.getValue().cause(),
                                        entry.getValue().detail()))
                        .collect(Collectors.joining("; "));
    }
}

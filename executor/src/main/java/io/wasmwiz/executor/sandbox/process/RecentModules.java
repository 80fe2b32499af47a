package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.process.RunCodec.ModuleKey;
import java.util.LinkedHashMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** What belongs to the modules used most recently, up to a weight. Not thread-safe. */
final class RecentModules<V> {
    private final LinkedHashMap<ModuleKey, V> values = new LinkedHashMap<>(16, 0.75f, true);
    private final ToLongFunction<V> weigher;
    private final long maximumWeight;
    private long weight;

    RecentModules(long maximumWeight, ToLongFunction<V> weigher) {
        this.maximumWeight = maximumWeight;
        this.weigher = weigher;
    }

    @Nullable
    V get(ModuleKey key) {
        return values.get(key);
    }

    /** The newest stays, however heavy it is. */
    void put(ModuleKey key, V value) {
        remove(key);
        values.put(key, value);
        weight += weigher.applyAsLong(value);
        for (var eldest = values.entrySet().iterator(); weight > maximumWeight && values.size() > 1; ) {
            weight -= weigher.applyAsLong(eldest.next().getValue());
            eldest.remove();
        }
    }

    void remove(ModuleKey key) {
        V removed = values.remove(key);
        if (removed != null) {
            weight -= weigher.applyAsLong(removed);
        }
    }
}

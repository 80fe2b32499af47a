package io.wasmwiz.executor.sandbox.wasmtime;

import io.wasmwiz.executor.sandbox.wasmtime.CompiledModules.Compiled;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One worker's stores that wait for another run of their module, at most one each; the longest unused go first. A module
 * that comes by once in a while has no store kept: it would push out those of others and be gone itself when it is needed.
 * A compiled module belongs to one account, so a store does, too. Used on the worker's thread only.
 */
final class KeptStores implements AutoCloseable {
    private static final int MAX_STORES = 64;
    private static final long MAX_BYTES = 128L << 20;
    /** Runs within which a module must come back. */
    private static final long RECENT_RUNS = 2 * MAX_STORES;

    private final Map<Compiled, GuestStore> stores = new LinkedHashMap<>();
    private long bytes;
    private long runs;

    /** The store kept for a module, which is the caller's from now on; null when there is none. */
    @Nullable
    GuestStore take(Compiled module) {
        GuestStore store = stores.remove(module);
        if (store != null) {
            bytes -= store.bytes();
        }
        return store;
    }

    /** Keeps a store, or closes it when it is too large or its module too rare; others go when there are too many. */
    void keep(Compiled module, GuestStore store) {
        discard(module);
        runs++;
        if (runs - module.swapLastRun(runs) > RECENT_RUNS) {
            store.close();
            return;
        }
        stores.put(module, store);
        bytes += store.bytes();
        Iterator<GuestStore> oldest = stores.values().iterator();
        while (stores.size() > MAX_STORES || bytes > MAX_BYTES) {
            GuestStore gone = oldest.next();
            oldest.remove();
            bytes -= gone.bytes();
            gone.close();
        }
    }

    /** Closes the store kept for a module. */
    void discard(Compiled module) {
        GuestStore store = take(module);
        if (store != null) {
            store.close();
        }
    }

    @Override
    public void close() {
        stores.values().forEach(GuestStore::close);
        stores.clear();
        bytes = 0;
    }
}

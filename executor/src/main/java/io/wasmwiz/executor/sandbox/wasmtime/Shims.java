package io.wasmwiz.executor.sandbox.wasmtime;

import io.github.kawamuray.wasmtime.Engine;
import io.github.kawamuray.wasmtime.Module;
import io.wasmwiz.executor.wasm.SandboxRewrite;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The sandbox's own modules, compiled for one engine. They are text, which the engine accepts in this one constructor;
 * what tenants upload goes through {@link Module#fromBinary}, which refuses text. Used on the engine's worker only.
 */
final class Shims implements AutoCloseable {
    /**
     * Calls a guest while it is instantiated itself: that is the one path on which the engine's binding tells where a
     * guest trapped, and it needs no handles, which cost more than the call. Its name keeps its frames apart from the
     * guest's.
     */
    private static final String ENTRY = """
            (module $entry
              (import "%s%d" "%s" (func $run))
              (start $run))
            """;

    private final Engine engine;
    private final Module buffer;
    private final Module wasi;
    private final @Nullable Module[] entries = new Module[GuestStore.MAX_INSTANCES];

    private Shims(Engine engine) {
        this.engine = engine;
        this.buffer = new Module(engine, resource("buffer.wat"));
        this.wasi = new Module(engine, resource("wasi.wat"));
    }

    static Shims compile(Engine engine) {
        return new Shims(engine);
    }

    Module buffer() {
        return buffer;
    }

    Module wasi() {
        return wasi;
    }

    /** Runs a store's instance of this number by its own instantiation; compiled when it is first needed. */
    Module entry(int instance) {
        Module entry = entries[instance];
        if (entry == null) {
            String text = ENTRY.formatted(GuestStore.INSTANCE, instance, SandboxRewrite.RUN);
            entry = new Module(engine, text.getBytes(StandardCharsets.UTF_8));
            entries[instance] = entry;
        }
        return entry;
    }

    private static byte[] resource(String name) {
        try (InputStream in = Shims.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("resource " + name + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        buffer.dispose();
        wasi.dispose();
        for (Module entry : entries) {
            if (entry != null) {
                entry.dispose();
            }
        }
    }
}

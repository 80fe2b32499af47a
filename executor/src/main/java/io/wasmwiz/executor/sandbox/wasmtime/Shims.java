package io.wasmwiz.executor.sandbox.wasmtime;

import io.github.kawamuray.wasmtime.Engine;
import io.github.kawamuray.wasmtime.Module;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The sandbox's own modules, compiled for one engine. They come from our resources as text, which the engine accepts in
 * this one constructor; what tenants upload goes through {@link Module#fromBinary}, which refuses text.
 */
record Shims(Module buffer, Module wasi, Module entry) implements AutoCloseable {
    static Shims compile(Engine engine) {
        return new Shims(
                new Module(engine, resource("buffer.wat")),
                new Module(engine, resource("wasi.wat")),
                new Module(engine, resource("entry.wat")));
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
        entry.dispose();
    }
}

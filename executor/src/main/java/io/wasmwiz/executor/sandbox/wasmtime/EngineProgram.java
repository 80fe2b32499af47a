package io.wasmwiz.executor.sandbox.wasmtime;

import io.github.kawamuray.wasmtime.Config;
import io.github.kawamuray.wasmtime.Engine;
import io.github.kawamuray.wasmtime.Extern;
import io.github.kawamuray.wasmtime.Func;
import io.github.kawamuray.wasmtime.Linker;
import io.github.kawamuray.wasmtime.Module;
import io.github.kawamuray.wasmtime.Store;
import io.github.kawamuray.wasmtime.WasmtimeException;
import io.github.kawamuray.wasmtime.wasi.WasiCtx;
import io.github.kawamuray.wasmtime.wasi.WasiCtxBuilder;
import java.nio.file.Path;
import java.util.List;

/**
 * The floor of real programs: the engine as it comes, with the WASI host functions that it ships, on files of this machine.
 * Nothing of ours is in it: no rewrite, no limits, no epochs, no shim. Used on one thread; its opener closes it.
 */
public final class EngineProgram implements AutoCloseable {
    private static final int GUEST_STACK_BYTES = 1 << 20;

    private final Engine engine;
    private final Module module;

    private EngineProgram(byte[] wasm) {
        try (Config config = new Config()) {
            config.maxWasmStack(GUEST_STACK_BYTES);
            engine = new Engine(config);
        }
        try {
            module = Module.fromBinary(engine, wasm);
        } catch (RuntimeException | Error e) {
            engine.dispose();
            throw e;
        }
    }

    /** Compiles a preview1 command; throws what the engine throws where it does not compile. */
    public static EngineProgram open(byte[] wasm) {
        return new EngineProgram(wasm);
    }

    /**
     * Runs the command to its end.
     *
     * @param root what the guest sees as {@code /}
     * @param stdin the file that is its standard input
     * @param stdout the file that its standard output replaces
     * @return nanoseconds from making its store to dropping it
     */
    public long run(List<String> arguments, Path root, Path stdin, Path stdout) {
        long start = System.nanoTime();
        WasiCtx wasi = new WasiCtxBuilder()
                .arg("module")
                .args(arguments)
                .env("HOME", "/")
                .stdin(stdin)
                .stdout(stdout)
                .preopenedDir(root, "/")
                .build();
        try (Store<Void> store = new Store<>(null, engine, wasi);
                Linker linker = new Linker(engine)) {
            WasiCtx.addToLinker(linker);
            linker.module(store, "program", module);
            Extern entry = linker.get(store, "program", "_start").orElseThrow();
            try (Func command = entry.func()) {
                command.call(store);
            } catch (WasmtimeException e) {
                if (!String.valueOf(e.getMessage()).contains("exit")) {
                    throw e;
                }
            }
        }
        return System.nanoTime() - start;
    }

    @Override
    public void close() {
        module.dispose();
        engine.dispose();
    }
}

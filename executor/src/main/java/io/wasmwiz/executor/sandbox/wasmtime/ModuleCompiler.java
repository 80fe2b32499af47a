package io.wasmwiz.executor.sandbox.wasmtime;

import io.github.kawamuray.wasmtime.Config;
import io.github.kawamuray.wasmtime.Engine;
import io.github.kawamuray.wasmtime.Module;
import io.github.kawamuray.wasmtime.WasmtimeException;
import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.wasm.ModulePolicyConfig;
import io.wasmwiz.executor.wasm.ModuleRefusedException;
import io.wasmwiz.executor.wasm.SandboxModule;
import io.wasmwiz.executor.wasm.SandboxRewrite;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Compiles modules into the engine's cache on disk and keeps nothing in memory. The engine cannot be stopped while it
 * compiles, and some modules end the process: for a process that may be killed. Used on one thread, which closes it.
 */
public final class ModuleCompiler implements AutoCloseable {
    /** Of a worker's 2 MiB; interpreters recurse deeper than the engine's default of 512 KiB allows. */
    static final long GUEST_STACK_BYTES = 1 << 20;

    private final Engine engine;

    private ModuleCompiler(Engine engine) {
        this.engine = engine;
    }

    /** Opens an engine whose cache is as the file {@code cacheSettings} says. */
    public static ModuleCompiler open(Path cacheSettings) {
        return new ModuleCompiler(engine(cacheSettings));
    }

    /** Compiles, unless the cache has it. */
    public Compilation compile(ModuleCode module) {
        try {
            compile(engine, module).module().dispose();
            return new Compilation.Compiled(false);
        } catch (ModuleRejectedException e) {
            return new Compilation.Rejected(e.message());
        }
    }

    @Override
    public void close() {
        engine.dispose();
    }

    /** Every engine has the same settings, or one would not find in the cache what another put there. */
    static Engine engine(Path cacheSettings) {
        // SIMD stays off: this engine is out of support, and its known miscompilations are in vector code.
        try (Config config = new Config()) {
            config.epochInterruption(true)
                    .wasmSimd(false)
                    .wasmThreads(false)
                    .maxWasmStack(GUEST_STACK_BYTES)
                    .cacheConfigLoad(cacheSettings);
            return new Engine(config);
        }
    }

    static CompiledModules.Compiled compile(Engine engine, ModuleCode module) throws ModuleRejectedException {
        try {
            SandboxModule code =
                    SandboxRewrite.rewrite(module.bytes(), ModulePolicyConfig.DEFAULTS, bytes(module.accountId()));
            return new CompiledModules.Compiled(code, Module.fromBinary(engine, code.bytes()));
        } catch (ModuleRefusedException e) {
            throw new ModuleRejectedException(e.message());
        } catch (WasmtimeException e) {
            throw new ModuleRejectedException("the engine does not take the module: " + EngineText.plain(e));
        }
    }

    private static byte[] bytes(UUID id) {
        return ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
    }
}

package io.wasmwiz.executor.modules;

/** Reads a module without running or compiling it and decides whether it may come near the engine. Thread-safe. */
@FunctionalInterface
public interface ModuleInspector {
    /** Never throws for what {@code module} holds. The array is not kept or changed. */
    ModuleInspection inspect(byte[] module);
}

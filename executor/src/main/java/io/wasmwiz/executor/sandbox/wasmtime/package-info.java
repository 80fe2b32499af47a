/**
 * The sandbox in this process, on Wasmtime. The only importer of {@code io.github.kawamuray.wasmtime}.
 *
 * <p>Reading order: {@link io.wasmwiz.executor.sandbox.wasmtime.WasmtimeSandbox} takes work into a bounded queue, a
 * worker thread compiles and runs it in a store of its own, the ticker stops it in time. What a guest may call is
 * written in {@code wasi.wat}; {@code buffer.wat} holds its input and output.
 */
@NullMarked
package io.wasmwiz.executor.sandbox.wasmtime;

import org.jspecify.annotations.NullMarked;

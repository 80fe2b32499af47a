/**
 * Reads and rewrites WebAssembly binaries without any engine: the static rules a module must pass, and the form in which
 * the sandbox compiles it. Pure functions of bytes; knows the JDK and the plain types of {@code executor.modules}.
 */
@NullMarked
package io.wasmwiz.executor.wasm;

import org.jspecify.annotations.NullMarked;

/**
 * Runs guest code. {@link SandboxRuntime} is the one interface that an engine or a process boundary stands behind; the
 * types around it are plain values. Knows the JDK and {@code executor.wasm} only.
 */
@NullMarked
package io.wasmwiz.executor.sandbox;

import org.jspecify.annotations.NullMarked;

/** Tests that the benchmarks run, and that they measure nothing else than they say. */
@NullMarked
package io.wasmwiz.executor.bench;

import org.jspecify.annotations.NullMarked;

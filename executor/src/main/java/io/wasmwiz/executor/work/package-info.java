/** Bounded threads for work that blocks or computes. */
@NullMarked
package io.wasmwiz.executor.work;

import org.jspecify.annotations.NullMarked;

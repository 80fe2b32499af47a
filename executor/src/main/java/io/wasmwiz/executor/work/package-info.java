/** Bounded threads for work that blocks. */
@NullMarked
package io.wasmwiz.executor.work;

import org.jspecify.annotations.NullMarked;

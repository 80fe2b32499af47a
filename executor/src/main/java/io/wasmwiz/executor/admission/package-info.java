/**
 * Whether a call may run: concurrency, the daily lease, its key's own limits, the minute. Does not know what is being
 * admitted, and never reads the clock of its machine. README.md says how units move, and which interleavings were ruled out.
 */
@NullMarked
package io.wasmwiz.executor.admission;

import org.jspecify.annotations.NullMarked;

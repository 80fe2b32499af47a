/** Whether a call may run: concurrency, the daily lease, the minute. Does not know what is being admitted. */
@NullMarked
package io.wasmwiz.executor.admission;

import org.jspecify.annotations.NullMarked;

/**
 * Proves the books: works out again, from the log, what rows, leases and counters must say, with rules written down here a
 * second time. Shares no code with the packages that write them, so that a fault there is not repeated here.
 */
@NullMarked
package io.wasmwiz.metering.reconcile;

import org.jspecify.annotations.NullMarked;

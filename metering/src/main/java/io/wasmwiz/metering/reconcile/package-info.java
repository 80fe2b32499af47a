/**
 * Proves the books: works out again, from the log, what rows, leases and counters must say, with rules written down here a
 * second time. Shares nothing with the packages that write them but the id of an uncharged attempt, so that a fault there is
 * not repeated here.
 */
@NullMarked
package io.wasmwiz.metering.reconcile;

import org.jspecify.annotations.NullMarked;

/** What an account used and has left, read from the ledger and its counters. Knows SQL in its Postgres class only. */
@NullMarked
package io.wasmwiz.executor.usage;

import org.jspecify.annotations.NullMarked;

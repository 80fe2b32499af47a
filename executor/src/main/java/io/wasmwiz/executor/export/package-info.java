/** The usage export: an account's ledger as a stream in the order of the log, which can be cut and resumed anywhere. */
@NullMarked
package io.wasmwiz.executor.export;

import org.jspecify.annotations.NullMarked;

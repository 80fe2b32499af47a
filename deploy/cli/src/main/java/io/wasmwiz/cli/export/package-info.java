/** The usage ledger as files that are whole or not there. */
@NullMarked
package io.wasmwiz.cli.export;

import org.jspecify.annotations.NullMarked;

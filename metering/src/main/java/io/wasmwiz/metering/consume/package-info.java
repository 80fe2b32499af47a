/** The poll loop. The only importer of kafka-clients; knows the ledger by its interface and no SQL. */
@NullMarked
package io.wasmwiz.metering.consume;

import org.jspecify.annotations.NullMarked;

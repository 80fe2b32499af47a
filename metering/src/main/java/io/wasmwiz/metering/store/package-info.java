/** The ledger in PostgreSQL. The only package that knows SQL; knows nothing of Kafka. */
@NullMarked
package io.wasmwiz.metering.store;

import org.jspecify.annotations.NullMarked;

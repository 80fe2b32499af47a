/** The whole of WasmWiz on one machine, on real parts: PostgreSQL, Kafka, migrations, executor, metering. */
@NullMarked
package io.wasmwiz.local;

import org.jspecify.annotations.NullMarked;

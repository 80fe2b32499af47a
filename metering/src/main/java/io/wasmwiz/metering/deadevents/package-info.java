/** The command {@code wasmwiz dead-events}: looks at records that could be no row, and publishes them anew. */
@NullMarked
package io.wasmwiz.metering.deadevents;

import org.jspecify.annotations.NullMarked;

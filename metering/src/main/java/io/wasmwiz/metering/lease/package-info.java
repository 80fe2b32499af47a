/** Ends the leases of executors that died. */
@NullMarked
package io.wasmwiz.metering.lease;

import org.jspecify.annotations.NullMarked;

/** What a batch of events does to leases and counters. No I/O, no clock, no threads. */
@NullMarked
package io.wasmwiz.metering.settle;

import org.jspecify.annotations.NullMarked;

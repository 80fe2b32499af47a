/**
 * The worker between the event log and the ledger: reads the topic, settles leases, and writes rows, counters and its
 * position in one transaction per batch. {@code MeteringWorker} is the parts list. Reading order: {@code consume} (the
 * loop) → {@code event} (bytes to values) → {@code settle} (what a batch means, without I/O) → {@code store} (the
 * transaction).
 */
@NullMarked
package io.wasmwiz.metering;

import org.jspecify.annotations.NullMarked;

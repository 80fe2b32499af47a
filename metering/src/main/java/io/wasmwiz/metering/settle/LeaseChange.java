package io.wasmwiz.metering.settle;

import java.util.UUID;

/**
 * What a batch does to a lease.
 *
 * @param charged units used after the batch
 * @param closes whether the batch settles it
 */
public record LeaseChange(UUID leaseId, long charged, boolean closes) {}

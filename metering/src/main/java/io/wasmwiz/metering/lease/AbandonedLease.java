package io.wasmwiz.metering.lease;

import java.util.UUID;

/** A lease that metering closes. */
public record AbandonedLease(UUID id, UUID accountId) {}

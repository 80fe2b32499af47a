package io.wasmwiz.metering.settle;

import java.time.LocalDate;
import java.util.UUID;

/**
 * A quota lease as its row stands.
 *
 * @param size units it took from the day's allowance
 * @param charged units that rows of the ledger have used, at most {@code size}
 * @param closed whether it is settled; a lease that is only {@code closing} still pays
 */
public record Lease(UUID id, UUID accountId, String tier, LocalDate day, long size, long charged, boolean closed) {}

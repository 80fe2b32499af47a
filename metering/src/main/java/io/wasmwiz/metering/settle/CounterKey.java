package io.wasmwiz.metering.settle;

import java.time.LocalDate;
import java.util.UUID;

/** A row of {@code daily_tier_counters}. */
public record CounterKey(UUID accountId, String tier, LocalDate day) {}

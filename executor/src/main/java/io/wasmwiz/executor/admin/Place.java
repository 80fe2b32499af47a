package io.wasmwiz.executor.admin;

import java.time.Instant;
import java.util.UUID;

/** Where something stands in a list that is ordered by time and id. */
public record Place(Instant createdAt, UUID id) {}

package io.wasmwiz.executor.events;

import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.TrapKind;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/** Executions for tests. */
final class ExecutionRecords {
    private ExecutionRecords() {}

    static ExecutionRecord trapped(UUID accountId) {
        return new ExecutionRecord(
                UUID.randomUUID(),
                accountId,
                Optional.of(UUID.randomUUID()),
                ModuleDigest.of(new byte[] {0, 'a', 's', 'm'}),
                "Free",
                3,
                UUID.randomUUID(),
                Optional.of(UUID.randomUUID()),
                Optional.of(UUID.randomUUID()),
                "item-7",
                ExecutionStatus.TRAPPED,
                OptionalInt.empty(),
                Optional.of(TrapKind.MEMORY_OUT_OF_BOUNDS),
                Instant.parse("2026-05-06T07:08:09.123456Z"),
                1,
                2,
                3,
                4,
                5,
                6,
                7,
                true,
                false,
                true,
                true);
    }
}

package io.wasmwiz.executor.batch;

import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.execution.Outcome;
import io.wasmwiz.executor.execution.Receipt;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** What the items of a batch came to. Not thread-safe. */
public final class BatchTotals {
    private final Map<ExecutionStatus, Long> ran = new EnumMap<>(ExecutionStatus.class);
    private final Map<String, Long> refused = new TreeMap<>();
    private long items;
    private long charged;
    private long wallTimeMicros;
    private long cpuTimeMicros;
    private long inputBytes;
    private long outputBytes;

    void ran(Outcome.Completed completed) {
        Receipt receipt = completed.receipt();
        items++;
        ran.merge(receipt.status(), 1L, Long::sum);
        charged += receipt.charged() ? 1 : 0;
        wallTimeMicros += receipt.wallTimeMicros();
        cpuTimeMicros += receipt.cpuTimeMicros();
        inputBytes += receipt.inputBytes();
        outputBytes += receipt.outputBytes();
    }

    void refused(String reason) {
        items++;
        refused.merge(reason, 1L, Long::sum);
    }

    /** Items that have a result. */
    public long items() {
        return items;
    }

    /** Those that ran, by how. */
    public Map<ExecutionStatus, Long> ran() {
        return Collections.unmodifiableMap(ran);
    }

    /** Those that did not, by the reason that their client is told. */
    public Map<String, Long> refused() {
        return Collections.unmodifiableMap(refused);
    }

    /** Those that ran and are charged. */
    public long charged() {
        return charged;
    }

    /** Microseconds of run, all together. */
    public long wallTimeMicros() {
        return wallTimeMicros;
    }

    /** Microseconds of processor time, all together. */
    public long cpuTimeMicros() {
        return cpuTimeMicros;
    }

    /** Bytes of input of those that ran. */
    public long inputBytes() {
        return inputBytes;
    }

    /** Bytes of output in their results. */
    public long outputBytes() {
        return outputBytes;
    }
}

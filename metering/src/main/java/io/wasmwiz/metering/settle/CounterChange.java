package io.wasmwiz.metering.settle;

/**
 * What a batch adds to a counter.
 *
 * @param charged new charged rows
 * @param released units that settled leases give back, to be taken from {@code held}
 * @param executions new rows, charged or not
 */
public record CounterChange(long charged, long released, long executions) {
    static final CounterChange NONE = new CounterChange(0, 0, 0);

    CounterChange plus(CounterChange other) {
        return new CounterChange(charged + other.charged, released + other.released, executions + other.executions);
    }
}

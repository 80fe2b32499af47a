package io.wasmwiz.executor.execution;

import java.util.List;

/**
 * One run of a batch, as it came: nothing is checked yet.
 *
 * @param itemId the client's name for it
 * @param input standard input; shared, must not be changed
 * @param arguments behind those that the batch shares
 */
public record BatchItem(String itemId, byte[] input, List<String> arguments) {
    /** Without guest data. */
    @Override
    public String toString() {
        return "BatchItem[itemId=" + itemId + ", inputBytes=" + input.length + "]";
    }
}

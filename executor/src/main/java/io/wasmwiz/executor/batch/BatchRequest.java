package io.wasmwiz.executor.batch;

import io.wasmwiz.executor.execution.ExecuteCommand;

/**
 * What opens a batch, as it came.
 *
 * @param shared module, arguments, environment and limits of every item
 * @param batchId makes it resumable, as it came; empty for none
 * @param ordered whether results are wanted in the order of the items
 * @param inFlight items in progress at most; 0: as many as may be
 * @param paceByMinute whether items wait for the next minute when this one's units are spent
 */
public record BatchRequest(
        ExecuteCommand shared, String batchId, boolean ordered, long inFlight, boolean paceByMinute) {}

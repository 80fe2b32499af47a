package io.wasmwiz.executor.export;

import java.time.Instant;
import java.util.List;

/**
 * What one short transaction read.
 *
 * @param chunks executions in the order of the log, and the position behind each chunk
 * @param end the position behind the page
 * @param drained whether nothing was left in the page's snapshot
 * @param completeBefore the watermark of the page's snapshot
 */
record ExportPage(List<Chunk> chunks, ExportPosition end, boolean drained, Instant completeBefore) {
    ExportPage {
        chunks = List.copyOf(chunks);
    }

    /**
     * Some executions.
     *
     * @param rows the field {@code rows} of an {@code ExportUsageResponse}, encoded; not to be changed
     */
    record Chunk(byte[] rows, ExportPosition end) {}
}

package io.wasmwiz.local.bench;

/**
 * One round, or the medians of several.
 *
 * @param exported rows a second from the ledger to a gRPC client
 * @param copied rows a second of bare COPY to a database client
 * @param ratio of the two within a round
 */
record ExportFigures(double exported, double copied, double ratio) {
    static ExportFigures of(double exported, double copied) {
        return new ExportFigures(exported, copied, exported / copied);
    }
}

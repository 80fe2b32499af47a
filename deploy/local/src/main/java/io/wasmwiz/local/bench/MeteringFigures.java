package io.wasmwiz.local.bench;

/**
 * One round, or the medians of several.
 *
 * @param metered rows a second from the topic to the ledger
 * @param copied rows a second of bare COPY
 * @param ratio of the two within a round
 */
record MeteringFigures(double metered, double copied, double ratio) {
    static MeteringFigures of(double metered, double copied) {
        return new MeteringFigures(metered, copied, metered / copied);
    }
}

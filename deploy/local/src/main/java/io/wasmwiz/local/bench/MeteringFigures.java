package io.wasmwiz.local.bench;

/**
 * One round.
 *
 * @param metered rows a second from the topic to the ledger
 * @param copied rows a second of bare COPY
 */
record MeteringFigures(double metered, double copied) {
    double ratio() {
        return metered / copied;
    }
}

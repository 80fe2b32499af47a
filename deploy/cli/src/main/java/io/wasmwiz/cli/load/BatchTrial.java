package io.wasmwiz.cli.load;

/**
 * What a batch came to.
 *
 * @param batchId empty: it had none
 * @param items sent, each counted once
 * @param answered of them
 * @param surplus answers of items that had one already
 * @param uncharged runs that cost nothing, repeats apart
 * @param cuts after which it was taken up again
 */
record BatchTrial(String batchId, long items, long answered, long surplus, long uncharged, int cuts) {
    boolean isAnsweredOnce() {
        return answered == items && surplus == 0;
    }
}

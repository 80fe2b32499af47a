package io.wasmwiz.cli.load;

import java.util.UUID;
import picocli.CommandLine.Option;

/** What load says about a batch; a picocli mixin. */
final class BatchLoadOptions {
    static final int LARGEST_CUTS = 10_000;

    @Option(
            names = "--cuts",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Batch: cut the stream that often at random, 0 to 10000, and resume; needs --count. Default: 0.")
    private int cuts;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Batch: where cuts come. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Option(
            names = "--verify",
            description = "Batch: wait until the ledger has it, and fail unless each item was answered once and charged"
                    + " once.")
    private boolean verify;

    int cuts() {
        return cuts;
    }

    long seed() {
        return seed;
    }

    boolean verifies() {
        return verify;
    }

    /** Whether any was given. */
    boolean isGiven() {
        return cuts != 0 || verify;
    }

    /** One for each batch that has to be known on the ledger; empty where none has to. */
    String newBatchId() {
        return isGiven() ? UUID.randomUUID().toString() : "";
    }
}

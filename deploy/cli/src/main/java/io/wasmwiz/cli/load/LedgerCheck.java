package io.wasmwiz.cli.load;

import com.google.gson.JsonObject;
import io.wasmwiz.v1.GetBatchRequest;
import io.wasmwiz.v1.GetBatchResponse;
import io.wasmwiz.v1.UsageServiceGrpc.UsageServiceBlockingStub;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * A batch beside its rows of the ledger.
 *
 * @param expected items that are to be charged: those that ran, but for runs that cost nothing
 * @param charged on the ledger
 * @param reruns on the ledger: runs of charged items, which cost nothing
 */
record LedgerCheck(BatchTrial trial, long expected, long charged, long reruns) {
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(2);
    private static final Duration PAUSE = Duration.ofMillis(100);

    /** Asks until the ledger has what is expected, two minutes at most. */
    static LedgerCheck of(BatchTrial trial, long replies, UsageServiceBlockingStub usage) throws InterruptedException {
        long expected = replies - trial.uncharged();
        GetBatchRequest request =
                GetBatchRequest.newBuilder().setBatchId(trial.batchId()).build();
        long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
        while (true) {
            GetBatchResponse batch = usage.getBatch(request);
            if (batch.getCharged() >= expected || System.nanoTime() - deadline >= 0) {
                return new LedgerCheck(trial, expected, batch.getCharged(), batch.getReruns());
            }
            Thread.sleep(PAUSE.toMillis());
        }
    }

    boolean isPassed() {
        return trial.isAnsweredOnce() && charged == expected;
    }

    void print(PrintStream out) {
        out.println(String.format(
                Locale.ROOT,
                "%-12s %d items, %d answered, %d answers too many, %d cuts",
                "batch",
                trial.items(),
                trial.answered(),
                trial.surplus(),
                trial.cuts()));
        out.println(String.format(
                Locale.ROOT,
                "%-12s %d charged, %d expected, %d reruns uncharged",
                "ledger",
                charged,
                expected,
                reruns));
        out.println(String.format("%-12s %s", "verified", isPassed() ? "yes" : "NO"));
    }

    JsonObject json() {
        JsonObject json = new JsonObject();
        json.addProperty("items", trial.items());
        json.addProperty("answered", trial.answered());
        json.addProperty("surplus_answers", trial.surplus());
        json.addProperty("cuts", trial.cuts());
        json.addProperty("expected_charged", expected);
        json.addProperty("ledger_charged", charged);
        json.addProperty("ledger_reruns", reruns);
        json.addProperty("passed", isPassed());
        return json;
    }
}

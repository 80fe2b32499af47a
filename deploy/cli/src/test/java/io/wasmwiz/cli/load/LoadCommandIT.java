package io.wasmwiz.cli.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.wasmwiz.cli.fake.CommandRun;
import io.wasmwiz.cli.fake.CommandRun.Result;
import io.wasmwiz.cli.fake.FakeModule;
import io.wasmwiz.cli.fake.FakeServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadCommandIT {
    @TempDir
    private Path directory;

    private FakeServer server;

    @BeforeEach
    void start() throws IOException {
        server = FakeServer.start();
        Files.write(directory.resolve("upper.wasm"), FakeModule.of("upper"));
        Files.write(directory.resolve("trap.wasm"), FakeModule.of("trap"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private CommandRun command() {
        return new CommandRun(directory)
                .environment("WASMWIZ_SERVER", server.address())
                .environment("WASMWIZ_KEY", FakeServer.FREE_KEY);
    }

    private static JsonObject json(Result result) {
        assertThat(result.err()).isEmpty();
        return JsonParser.parseString(result.out()).getAsJsonObject();
    }

    @Test
    void countsEveryCallOfAClosedLoopOnceAndRunsByDigest() {
        JsonObject report = json(
                command().run("load", "upper.wasm", "--concurrency", "4", "--count", "500", "--no-warm-up", "--json"));

        assertThat(report.get("replies").getAsLong()).isEqualTo(500);
        assertThat(report.getAsJsonObject("statuses").get("COMPLETED").getAsLong())
                .isEqualTo(500);
        assertThat(report.getAsJsonObject("cpu_us_per_call").has("this client")).isTrue();
        // One more: the call that leaves the module there.
        assertThat(server.executions().charged()).isEqualTo(501);
        assertThat(server.executions().lastRequest().getModule().hasDigest()).isTrue();
    }

    @Test
    void countsEveryCallOfAnOpenLoop() {
        JsonObject report =
                json(command().run("load", "trap.wasm", "--rate", "2000", "--count", "300", "--no-warm-up", "--json"));

        assertThat(report.get("loop").getAsString()).isEqualTo("open");
        assertThat(report.getAsJsonObject("statuses").get("TRAPPED").getAsLong())
                .isEqualTo(300);
        assertThat(report.getAsJsonObject("latency_us").get("p99.9").getAsLong())
                .isPositive();
    }

    @Test
    void givesEachCallARequestIdOfItsOwnWhenAsked() {
        JsonObject report =
                json(command().run("load", "upper.wasm", "--request-ids", "--count", "200", "--no-warm-up", "--json"));

        assertThat(report.get("replies").getAsLong()).isEqualTo(200);
        assertThat(server.executions().charged()).isEqualTo(201);
        assertThat(server.executions().requestIds()).hasSize(201).doesNotContain("");
    }

    @Test
    void countsEachItemOfABatchOnce() {
        JsonObject report = json(
                command().run("load", "upper.wasm", "--mode", "batch", "--count", "500", "--no-warm-up", "--json"));

        assertThat(report.get("mode").getAsString()).isEqualTo("batch");
        assertThat(report.get("replies").getAsLong()).isEqualTo(500);
        assertThat(report.getAsJsonObject("latency_us").get("p50").getAsLong()).isLessThan(Tally.LONGEST_MICROS);
        assertThat(server.executions().charged()).isEqualTo(501);
        assertThat(server.executions().batches()).containsExactly("");
    }

    @Test
    void resumesABatchThatItCutsAndVerifiesThatEachItemIsAnsweredAndChargedOnce() {
        Result result = command()
                .run(
                        ("load upper.wasm --mode batch --count 300 --concurrency 50 --cuts 5 --seed 3 --no-warm-up --verify"
                                        + " --json")
                                .split(" "));

        assertThat(result.exitCode()).isZero();
        JsonObject verification = json(result).getAsJsonObject("verification");
        assertThat(verification.get("passed").getAsBoolean()).isTrue();
        assertThat(verification.get("answered").getAsLong()).isEqualTo(300);
        assertThat(verification.get("ledger_charged").getAsLong()).isEqualTo(300);
        assertThat(verification.get("cuts").getAsLong()).isEqualTo(5);
        assertThat(server.executions().batches()).hasSize(6);
        assertThat(server.executions().charged()).isEqualTo(301);
    }

    @ParameterizedTest
    @CsvSource({"100, 100, 0, 100, true", "100, 99, 0, 99, false", "100, 100, 1, 100, false", "100, 100, 0, 99, false"})
    void passesABatchWhoseItemsHaveEachOneAnswerAndOneCharge(
            long items, long answered, long surplus, long charged, boolean passed) {
        BatchTrial trial = new BatchTrial("", items, answered, surplus, 0, 0);

        assertThat(new LedgerCheck(trial, answered, charged, 0).isPassed()).isEqualTo(passed);
    }

    @Test
    void loadsWithEmptyCallsThatCostNothing() {
        JsonObject report = json(command().run("load", "--mode", "empty", "--count", "100", "--no-warm-up", "--json"));

        assertThat(report.getAsJsonObject("statuses").get("SERVING").getAsLong())
                .isEqualTo(100);
        assertThat(server.executions().charged()).isZero();
    }

    @Test
    void countsRefusalsByReason() {
        server.executions().setQuota(101);

        Result result = command().run("load", "upper.wasm", "--count", "250", "--no-warm-up");

        assertThat(result.exitCode()).isZero();
        assertThat(result.out())
                .contains("100 replies, 150 failed, 0 not sent")
                .contains("DAILY_QUOTA_EXHAUSTED: 150")
                .contains("p99.9")
                .contains("this client");
    }

    @Test
    void doesNotStartWhenOneCallIsRefused() {
        server.executions().setQuota(0);

        Result result = command().run("load", "upper.wasm", "--count", "10");

        assertThat(result.exitCode()).isEqualTo(75);
        assertThat(result.out()).isEmpty();
    }

    @Test
    void leavesTheWarmUpOutOfTheReport() {
        JsonObject report = json(command()
                .run("load", "upper.wasm", "--count", "10", "--warm-up", "50ms", "--concurrency", "1", "--json"));

        assertThat(report.get("replies").getAsLong()).isEqualTo(10);
        assertThat(server.executions().charged()).isGreaterThan(11);
    }

    @ParameterizedTest
    @CsvSource({
        "--rate 0, --rate must be",
        "--rate 5 --concurrency 2, exclude each other",
        "--concurrency 10001, --concurrency must be",
        "--count 0, --count must be",
        "--duration 25h, --duration must be",
        "--pid x=y, --pid takes",
        "--mode batch --rate 5, closed loop",
        "--mode many, is expected",
        "--verify, --mode batch",
        "--mode batch --cuts 3, needs --count",
        "--mode batch --count 9 --no-warm-up --cuts 10001, --cuts must be"
    })
    void refusesPlansOutOfBounds(String flags, String explanation) {
        Result result = command().run(("load upper.wasm " + flags).split(" "));

        assertThat(result.exitCode()).isEqualTo(64);
        assertThat(result.err()).contains(explanation);
        assertThat(server.executions().charged()).isZero();
    }
}

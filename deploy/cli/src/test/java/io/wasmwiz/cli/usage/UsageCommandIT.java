package io.wasmwiz.cli.usage;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.wasmwiz.cli.fake.CommandRun;
import io.wasmwiz.cli.fake.FakeModule;
import io.wasmwiz.cli.fake.FakeServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsageCommandIT {
    @TempDir
    private Path directory;

    private FakeServer server;

    @BeforeEach
    void runTwice() throws IOException {
        server = FakeServer.start();
        server.executions().setQuota(100);
        Files.write(directory.resolve("upper.wasm"), FakeModule.of("upper"));
        Files.write(directory.resolve("trap.wasm"), FakeModule.of("trap"));
        command().run("run", "upper.wasm");
        command().run("run", "trap.wasm");
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

    @Test
    void showsQuotaAndExecutionsNewestFirst() {
        String out = command().run("usage").out();

        assertThat(out)
                .contains("Free (version 1): 128.0 MiB of memory, 5.00 s a run, 2 at once, 10 a minute")
                .contains("2 of 100 charged, 2 executions on the ledger")
                .contains("98 until 2026-01-01T00:00:00Z, 10 of them held by executors (10 by the one that answered)")
                .contains("this minute  7 of 10 left until 2026-01-01T00:00:00Z")
                .contains("key's day    30 of 50 left until 2026-01-01T00:00:00Z")
                .doesNotContain("key's minute");
        assertThat(out.lines().filter(line -> line.contains("yes")))
                .satisfiesExactly(
                        newest -> assertThat(newest).contains("trapped (unreachable)"),
                        oldest -> assertThat(oldest).contains("completed"));
    }

    @Test
    void drawsTodayAndThirtyDaysAndWhatWasRunAndFailed() {
        String out = command().run("usage").out();

        assertThat(out)
                .contains("by hour      " + "·".repeat(23) + "█  2 runs, 2 charged, 1 failed")
                .contains("30 days      " + "·".repeat(29) + "█  2 runs, 2 charged, 1 failed")
                .containsPattern("MODULE +RUNS +OF ALL +CPU\\s+[0-9a-f]{12} +1 +50.0 % .* █{24}")
                .containsPattern("FAILURE +RUNS +OF ALL +CPU\\s+trapped +1 +50.0 % .* █{24}")
                .doesNotContain("completed  1");
    }

    @Test
    void printsJson() {
        JsonObject json = JsonParser.parseString(
                        command().run("usage", "--json", "--limit", "1").out())
                .getAsJsonObject();

        assertThat(json.getAsJsonObject("quota")
                        .getAsJsonObject("day")
                        .get("charged")
                        .getAsString())
                .isEqualTo("2");
        assertThat(json.getAsJsonArray("executions")).hasSize(1);
        assertThat(json.getAsJsonObject("usage").getAsJsonArray("today_by_hour"))
                .hasSize(2);
    }

    @Test
    void refusesALimitOutOfRange() {
        assertThat(command().run("usage", "--limit", "1001"))
                .matches(result -> result.exitCode() == 64 && result.err().contains("0 to 1000, was 1001"));
    }
}

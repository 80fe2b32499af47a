package io.wasmwiz.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonParser;
import io.wasmwiz.local.parts.Progress;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's first session, and what a newcomer tries next, through the command that people type. */
class FirstSessionIT {
    private static final int PER_MINUTE = 10;
    private static final int EX_TEMPFAIL = 75;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private static Path data;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static LocalStack stack;

    @BeforeAll
    static void startStack() throws Exception {
        stack = LocalStack.start(
                new LocalConfig(Program.HOME, data, LocalConfig.Ports.FREE),
                new Progress(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)));
    }

    @AfterAll
    static void stopStack() {
        stack.close();
    }

    @Test
    void replaysTheReadmeAndThenMeetsTheMinutesLimit() throws Exception {
        List<Transcript.Step> steps = Transcript.read(Program.HOME.resolve("README.md"), "A first session")
                .steps();
        assertThat(steps.get(0).command()).isEqualTo("deploy/wasmwiz local");
        for (Transcript.Step step : steps.subList(1, steps.size())) {
            replay(step);
        }
        long before = charged();

        int accepted = 0;
        Program.Finished run = runHello();
        for (; run.exitCode() == 0 && accepted <= 2 * PER_MINUTE; run = runHello()) {
            accepted++;
        }

        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(EX_TEMPFAIL);
        assertThat(run.stderr()).contains("MINUTE_QUOTA_SPENT").containsPattern("retry after [0-9]+ second");
        long expected = before + accepted;
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(charged()).isEqualTo(expected));
    }

    private static void replay(Transcript.Step step) {
        // Metering is a moment behind the replies, so what reads the ledger may need a second look.
        await().atMost(PATIENCE).untilAsserted(() -> {
            Program.Finished finished = shell(step.command());
            assertThat(finished.stdout())
                    .as(step.command() + "\n" + finished.stderr())
                    .matches(step.pattern());
        });
    }

    private static Program.Finished runHello() throws Exception {
        return shell("deploy/wasmwiz run --quiet deploy/samples/hello.wasm");
    }

    private static long charged() throws Exception {
        return JsonParser.parseString(shell("deploy/wasmwiz usage --json").stdout())
                .getAsJsonObject()
                .getAsJsonObject("quota")
                .getAsJsonObject("day")
                .get("charged")
                .getAsLong();
    }

    private static Program.Finished shell(String command) throws Exception {
        return WasmWizScript.shell(
                Map.of(
                        "WASMWIZ_SERVER", stack.grpcAddress(),
                        "WASMWIZ_KEY", stack.accounts().get(0).key(),
                        "WASMWIZ_EXECUTOR_ADMIN", stack.executorAdminAddress(),
                        "WASMWIZ_METERING_ADMIN", stack.meteringAdminAddress()),
                command);
    }
}

package io.wasmwiz.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.local.parts.Progress;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's operator section, and what an operator does next, through the command that people type. */
class OperatorSessionIT {
    private static final int MOST_COMMANDS = 8;
    private static final int EX_NOPERM = 77;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path home;

    @Test
    void goesFromBootstrapToTheFirstMeteredRunOfANewAccount() throws Exception {
        List<Transcript.Step> steps = Transcript.read(Program.HOME.resolve("README.md"), "Operating it")
                .steps();
        assertThat(steps).hasSizeLessThanOrEqualTo(MOST_COMMANDS);
        try (LocalStack stack = LocalStack.start(
                new LocalConfig(Program.HOME, home.resolve("data"), LocalConfig.Ports.FREE),
                new Progress(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)))) {
            for (Transcript.Step step : steps) {
                replay(stack, step);
            }

            Program.Finished again = shell(stack, "deploy/wasmwiz admin bootstrap");
            assertThat(again.exitCode()).as(again.stderr()).isEqualTo(1);
            assertThat(again.stdout()).isEmpty();

            assertThat(operator(stack, "users suspend acme").stdout()).contains("suspended");
            await().atMost(PATIENCE).untilAsserted(() -> {
                Program.Finished refused = shell(
                        stack, "WASMWIZ_KEY_FILE=~/acme.key deploy/wasmwiz run --quiet deploy/samples/hello.wasm");
                assertThat(refused.exitCode()).as(refused.stderr()).isEqualTo(EX_NOPERM);
                assertThat(refused.stderr()).contains("ACCOUNT_SUSPENDED");
            });
            assertThat(operator(stack, "users tier acme Pro").stdout()).contains("Pro");
            assertThat(operator(stack, "keys list --user acme").stdout())
                    .contains("laptop")
                    .contains("execute,modules,usage");
            assertThat(operator(stack, "tiers list").stdout()).contains("Basic").contains("256.0 MiB");
            assertThat(operator(stack, "audit list").stdout())
                    .contains("UpdateUserTier", "SuspendUser", "CreateApiKey", "bootstrap");
            String secret = Files.readString(home.resolve("acme.key")).strip();
            assertThat(operator(stack, "audit list --json").stdout()).doesNotContain(secret);
        }
    }

    private void replay(LocalStack stack, Transcript.Step step) throws Exception {
        if (step.command().contains("wasmwiz usage")) {
            // Metering is a moment behind the replies.
            await().atMost(PATIENCE).untilAsserted(() -> assertOutput(step, shell(stack, step.command())));
        } else {
            assertOutput(step, shell(stack, step.command()));
        }
    }

    private static void assertOutput(Transcript.Step step, Program.Finished finished) {
        assertThat(finished.exitCode())
                .as(step.command() + "\n" + finished.stderr())
                .isZero();
        assertThat(finished.stdout())
                .as(step.command() + "\n" + finished.stderr())
                .matches(step.pattern());
    }

    private Program.Finished operator(LocalStack stack, String command) throws Exception {
        Program.Finished finished = shell(stack, "WASMWIZ_KEY_FILE=~/operator.key deploy/wasmwiz admin " + command);
        assertThat(finished.exitCode()).as(command + "\n" + finished.stderr()).isZero();
        return finished;
    }

    private Program.Finished shell(LocalStack stack, String line) throws Exception {
        return WasmWizScript.shell(
                Map.of(
                        "HOME", home.toString(),
                        "WASMWIZ_SERVER", stack.grpcAddress(),
                        "DATABASE_URL", stack.adminUrl()),
                line);
    }
}

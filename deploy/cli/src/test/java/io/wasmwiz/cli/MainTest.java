package io.wasmwiz.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.cli.fake.CommandRun;
import io.wasmwiz.cli.fake.CommandRun.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @TempDir
    private Path directory;

    private Result run(String... arguments) {
        return new CommandRun(directory).run(arguments);
    }

    @Test
    void listsCommandsAndExitCodes() {
        Result result = run("--help");

        assertThat(result.exitCode()).isZero();
        assertThat(result.out()).contains("run", "batch", "modules", "usage", "admin", "load", "doctor", "completion");
        assertThat(result.out()).contains("quota, rate limit or overload");
        assertThat(run("run", "--help").out()).contains("quota, rate limit or overload");
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "batch", "modules", "usage", "admin", "load", "doctor", "completion"})
    void helpsWithEachCommand(String command) {
        assertThat(run(command, "--help"))
                .matches(result -> result.exitCode() == 0 && result.out().startsWith("Usage: wasmwiz " + command));
    }

    @Test
    void listsWhatTheScriptStarts() throws IOException {
        String help = run("--help").out();
        String script = Files.readString(Path.of("../wasmwiz"));

        List<String> started = Pattern.compile("^  ([a-z-]+)\\) .*main=", Pattern.MULTILINE)
                .matcher(script)
                .results()
                .map(match -> match.group(1))
                .toList();
        assertThat(started)
                .containsExactlyInAnyOrder(Stream.of(ScriptCommand.values())
                        .map(ScriptCommand::commandName)
                        .toArray(String[]::new));
        assertThat(help.substring(help.indexOf("This machine and services:"))).contains(started);
        assertThat(help.substring(help.indexOf("Client commands:"), help.indexOf("This machine and services:")))
                .contains("  run ", "  completion ")
                .doesNotContain("  local ", "  migrate ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "executor", "metering", "migrate", "migrations", "dead-events", "bench"})
    void pointsToTheScriptForWhatItStarts(String command) {
        Result result = run(command, "--any-flag", "--once", "argument");

        assertThat(result.exitCode()).isEqualTo(64);
        assertThat(result.err())
                .isEqualTo("wasmwiz: `%1$s` is not part of the client: use deploy/wasmwiz %1$s%n".formatted(command));
    }

    @ParameterizedTest
    @CsvSource({
        "rnu, wasmwiz run",
        "lcoal, wasmwiz local",
        "useage, wasmwiz usage",
        "comp, wasmwiz completion",
        "migrat, wasmwiz migrate or wasmwiz migrations",
    })
    void suggestsTheNearestCommand(String typed, String meant) {
        assertThat(run(typed).err()).contains("Did you mean: " + meant + "?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "deploy", "--", "a.wasm"})
    void suggestsNothingForWhatIsNotNear(String typed) {
        assertThat(run(typed))
                .matches(result -> result.exitCode() == 64 && !result.err().contains("Did you mean"));
    }

    @Test
    void suggestsWhatWasMeant() {
        Result result = run("modlues", "list");

        assertThat(result.exitCode()).isEqualTo(64);
        assertThat(result.err()).contains("modlues").contains("Did you mean: wasmwiz modules");
        assertThat(run("run", "--timout", "5s", "a.wasm").err()).contains("--timeout");
    }

    @Test
    void printsTheBuildsVersion() {
        assertThat(run("--version").out())
                .startsWith("wasmwiz ")
                .doesNotContain("unknown")
                .doesNotContain("$");
    }

    @Test
    void completesEveryCommandAndFlag() {
        assertThat(run("completion").out())
                .contains("complete -F _complete_wasmwiz")
                .contains("--request-id")
                .contains("--data-dir", "--once", "migrations")
                .contains("upload");
    }

    @Test
    void explainsMissingArguments() {
        assertThat(run("run"))
                .matches(result -> result.exitCode() == 64 && result.err().contains("MODULE"));
    }

    @Test
    void listsTheCommandsWhereNoneIsGiven() {
        Result result = run();

        assertThat(result.exitCode()).isEqualTo(64);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).contains("Client commands:", "  run ", "This machine and services:", "  local ");
    }
}

package io.wasmwiz.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.cli.fake.CommandRun;
import io.wasmwiz.cli.fake.CommandRun.Result;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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
        assertThat(result.out()).contains("run", "modules", "usage", "load", "doctor", "completion");
        assertThat(result.out()).contains("quota, rate limit or overload");
        assertThat(run("run", "--help").out()).contains("quota, rate limit or overload");
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "modules", "usage", "load", "doctor", "completion"})
    void helpsWithEachCommand(String command) {
        assertThat(run(command, "--help"))
                .matches(result -> result.exitCode() == 0 && result.out().startsWith("Usage: wasmwiz " + command));
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
                .contains("upload");
    }

    @Test
    void explainsMissingArguments() {
        assertThat(run("run"))
                .matches(result -> result.exitCode() == 64 && result.err().contains("MODULE"));
        assertThat(run())
                .matches(result -> result.exitCode() == 64 && result.err().contains("which command"));
    }
}

package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.sandbox.RunResult.End;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs of others, built by ordinary tools, must print what their native builds printed for the same input. */
public abstract class ProgramsContract extends SharedSandboxFixture {
    private static final RunLimits ROOMY = new RunLimits(Duration.ofSeconds(20), 1024, 1 << 20, 1 << 18);

    @ParameterizedTest
    @CsvSource({
        "words, words.in, the fox none, 0",
        "sqlite, orders.sql, '', 0",
        "sqlite, failing.sql, '', 1",
        "quickjs, language.js, '', 0",
        "quickjs, throwing.js, '', 1",
    })
    void printsWhatTheNativeBuildPrints(String program, String input, String arguments, int exitCode)
            throws IOException {
        Path cases = directory().resolve("cases");
        String name = input.substring(0, input.indexOf('.'));

        RunResult.Ran ran = ran(sandbox.run(new RunRequest(
                code(Files.readAllBytes(directory().resolve(program + ".wasm"))),
                Files.readAllBytes(cases.resolve(input)),
                arguments.isEmpty() ? List.of() : List.of(arguments.split(" ")),
                Map.of("HOME", "/"),
                ROOMY)));

        assertThat(text(ran.stdout()))
                .describedAs("%s", ran.end())
                .isEqualTo(Files.readString(cases.resolve(name + ".out")));
        assertThat(text(ran.stderr())).isEqualTo(Files.readString(cases.resolve(name + ".err")));
        assertThat(ran.end()).isEqualTo(new End.Exited(exitCode));
    }

    private static Path directory() {
        return Stream.iterate(Path.of("").toAbsolutePath(), path -> path != null, Path::getParent)
                .map(path -> path.resolve("deploy/samples/programs"))
                .filter(Files::isDirectory)
                .findFirst()
                .orElseThrow();
    }
}

package io.wasmwiz.executor.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.sandbox.ProgramsFixture;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ProgramsBenchIT {
    private static final Path PROGRAMS = ProgramsFixture.PROGRAMS;

    @TempDir
    private Path directory = Path.of("");

    private final StringWriter printed = new StringWriter();
    private final StringWriter complaints = new StringWriter();

    @Test
    void measuresProgramsInBothSandboxesBesideTheBareEngine() {
        assertThat(bench(PROGRAMS, "words", "stock")).as("%s", complaints).isZero();

        assertThat(printed.toString().lines().filter(line -> !line.startsWith(" ")))
                .hasSize(6)
                .allMatch(line ->
                        line.matches("(words|stock), .* +\\d+\\.\\d ms +\\d+\\.\\d ms +\\d+\\.\\d\\d  bare engine.*"));
    }

    @Test
    void endsWhereAProgramDoesNotPrintWhatItsNativeBuildPrints() throws IOException {
        Path cases = directory.resolve("cases");
        Files.createDirectories(cases.resolve("tree/words"));
        Files.copy(PROGRAMS.resolve("words.wasm"), directory.resolve("words.wasm"));
        Files.copy(PROGRAMS.resolve("cases/tree/words/stop.txt"), cases.resolve("tree/words/stop.txt"));
        Files.copy(PROGRAMS.resolve("cases/words.load"), cases.resolve("words.load"));
        Files.createFile(cases.resolve("words.in"));

        assertThat(bench(directory, "words")).isNotZero();

        assertThat(complaints.toString()).contains("words on the bare engine exited with 3 after ");
        assertThat(printed.toString()).isEmpty();
    }

    private int bench(Path programs, String... chosen) {
        return new CommandLine(new ProgramsBench())
                .setOut(new PrintWriter(printed))
                .setErr(new PrintWriter(complaints))
                .execute(arguments(programs, chosen));
    }

    private static String[] arguments(Path programs, String... chosen) {
        var arguments = new String[chosen.length + 2];
        arguments[0] = "--rounds=1";
        arguments[1] = "--directory=" + programs;
        System.arraycopy(chosen, 0, arguments, 2, chosen.length);
        return arguments;
    }
}

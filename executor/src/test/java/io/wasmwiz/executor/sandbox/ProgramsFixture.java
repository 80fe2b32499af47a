package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.sandbox.RunResult.End;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Runs the programs of {@code deploy/samples/programs}. */
public abstract class ProgramsFixture extends SharedSandboxFixture {
    /** The programs' modules, their inputs and what the native builds printed. */
    public static final Path PROGRAMS = directory();

    private static final RunLimits ROOMY = new RunLimits(Duration.ofSeconds(20), 1024, 1 << 20, 1 << 18);

    /** Runs {@code program} of one directory and compares with what is recorded in another. */
    protected final void assertPrints(
            Path modules, Path recorded, String program, String input, String arguments, int exitCode)
            throws IOException {
        String name = input.substring(0, input.indexOf('.'));

        RunResult.Ran ran = ran(sandbox.run(new RunRequest(
                code(Files.readAllBytes(modules.resolve(program + ".wasm"))),
                Files.readAllBytes(PROGRAMS.resolve("cases").resolve(input)),
                arguments.isEmpty() ? List.of() : List.of(arguments.split(" ")),
                Map.of("HOME", "/"),
                tree(),
                ROOMY)));

        assertThat(text(ran.stdout()))
                .describedAs("%s", ran.end())
                .isEqualTo(Files.readString(recorded.resolve(name + ".out")));
        assertThat(text(ran.stderr())).isEqualTo(Files.readString(recorded.resolve(name + ".err")));
        assertThat(ran.end()).isEqualTo(new End.Exited(exitCode));
    }

    /** The files that every program gets. */
    private static FileTree tree() throws IOException {
        Path root = PROGRAMS.resolve("cases/tree");
        List<FileTree.File> files = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                files.add(new FileTree.File(root.relativize(path).toString(), Files.readAllBytes(path)));
            }
        }
        return FileTree.of(files);
    }

    private static Path directory() {
        return Stream.iterate(Path.of("").toAbsolutePath(), path -> path != null, Path::getParent)
                .map(path -> path.resolve("deploy/samples/programs"))
                .filter(Files::isDirectory)
                .findFirst()
                .orElseThrow();
    }
}

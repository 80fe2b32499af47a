package io.wasmwiz.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.cli.fake.FakeModule;
import io.wasmwiz.cli.fake.FakeServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process of its own: real pipes, real exit codes, and an end although network threads exist. */
class ProcessIT {
    @TempDir
    private Path directory;

    private FakeServer server;

    @BeforeEach
    void start() throws IOException {
        server = FakeServer.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Process start(Path output, String script, String... more) throws IOException {
        Path module = Files.write(directory.resolve("module.wasm"), FakeModule.of(script));
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "run",
                module.toString()));
        line.addAll(List.of(more));
        ProcessBuilder builder = new ProcessBuilder(line)
                .directory(directory.toFile())
                .redirectOutput(output.toFile())
                .redirectError(directory.resolve("err").toFile());
        builder.environment().put("WASMWIZ_SERVER", server.address());
        builder.environment().put("WASMWIZ_KEY", FakeServer.FREE_KEY);
        return builder.start();
    }

    @Test
    void filtersAPipe() throws Exception {
        Path out = directory.resolve("out");
        Process process = start(out, "upper");
        try (var in = process.getOutputStream()) {
            in.write("x".repeat(200_000).getBytes(StandardCharsets.UTF_8));
        }

        assertThat(process.waitFor()).isZero();
        assertThat(Files.readString(out)).isEqualTo("X".repeat(200_000));
        assertThat(Files.readString(directory.resolve("err"))).contains("completed");
    }

    @Test
    void readsAnInputThatIsNoRegularFile() throws Exception {
        Path out = directory.resolve("out");
        Process process = start(out, "upper", "--input", "/dev/stdin");
        try (var in = process.getOutputStream()) {
            in.write("abc".getBytes(StandardCharsets.UTF_8));
        }

        assertThat(process.waitFor()).isZero();
        assertThat(Files.readString(out)).isEqualTo("ABC");
    }

    @Test
    void endsWithTheGuestsExitCode() throws Exception {
        Process process = start(directory.resolve("out"), "exit 42");
        process.getOutputStream().close();

        assertThat(process.waitFor()).isEqualTo(42);
    }

    @Test
    void saysThatOutputCouldNotBeWritten() throws Exception {
        Process process = start(Path.of("/dev/full"), "upper");
        try (var in = process.getOutputStream()) {
            in.write("abc".getBytes(StandardCharsets.UTF_8));
        }

        assertThat(process.waitFor()).isEqualTo(74);
        assertThat(Files.readString(directory.resolve("err"))).contains("could not be written");
    }
}

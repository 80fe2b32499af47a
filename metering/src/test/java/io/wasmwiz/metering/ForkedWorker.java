package io.wasmwiz.metering;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** {@link MeteringMain} in a JVM of its own, as its operator starts it. Its starter closes it, which kills it. */
final class ForkedWorker implements AutoCloseable {
    private final Process process;
    private final Path log;

    private ForkedWorker(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** Starts and waits for it; what it writes is kept in {@code directory}. */
    static ForkedWorker start(Path directory, String... flags) {
        Path log = directory.resolve("metering.log");
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                productClassPath(),
                MeteringMain.class.getName()));
        line.addAll(List.of(flags));
        ProcessBuilder builder =
                new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("WASMWIZ_") || name.equals("DATABASE_URL"));
        try {
            ForkedWorker worker = new ForkedWorker(builder.start(), log);
            await().atMost(Stage.PATIENCE)
                    .until(() -> !worker.process.isAlive() || worker.log().contains("metering started"));
            return worker;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Without the tests, whose logging would take the place of the product's. */
    private static String productClassPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** What it wrote so far. */
    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends SIGTERM and returns the exit code. */
    int terminate() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(Stage.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("does not end: " + log());
        }
        return process.exitValue();
    }

    /** Sends SIGKILL and waits for the end. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Sends SIGSTOP: it does nothing from then on, and its connections stay open. */
    void suspend() throws IOException, InterruptedException {
        signal("STOP");
    }

    /** Sends SIGCONT. */
    void proceed() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        int answer = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        if (answer != 0) {
            throw new AssertionError("kill -" + name + " answered " + answer);
        }
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}

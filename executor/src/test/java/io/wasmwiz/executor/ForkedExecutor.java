package io.wasmwiz.executor;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** {@link ExecutorMain} in a JVM of its own, as its operator starts it, and a client of it. */
final class ForkedExecutor extends ExecutorClient {
    private static final Pattern STARTED = Pattern.compile("grpc_port\\D{1,3}(\\d+)\\D+admin_port\\D{1,3}(\\d+)");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final Path log;

    private ForkedExecutor(Process process, Path log, MatchResult ports) {
        super(Integer.parseInt(ports.group(1)), Integer.parseInt(ports.group(2)));
        this.process = process;
        this.log = log;
    }

    /** Starts as {@link ExecutorFixture#start} does and waits for it; what it writes is kept in {@code directory}. */
    static ForkedExecutor start(
            Path directory, String databaseUrl, String bootstrapServers, String topic, String... moreFlags) {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Djava.library.path=" + System.getProperty("java.library.path"),
                "-cp",
                productClassPath(),
                ExecutorMain.class.getName()));
        line.addAll(ExecutorFixture.flags(topic, moreFlags));
        Path log = directory.resolve("executor.log");
        ProcessBuilder builder =
                new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("WASMWIZ_"));
        builder.environment().putAll(ExecutorFixture.environment(databaseUrl, bootstrapServers));
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            await().atMost(PATIENCE)
                    .until(() -> !process.isAlive() || ports(log).isPresent());
            return new ForkedExecutor(
                    process, log, ports(log).orElseThrow(() -> new AssertionError("did not start: " + read(log))));
        } catch (RuntimeException | Error e) {
            process.destroyForcibly();
            throw e;
        }
    }

    /** Without the tests, whose logging would take the place of the product's. */
    private static String productClassPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static Optional<MatchResult> ports(Path log) {
        return STARTED.matcher(read(log)).results().findFirst();
    }

    /** Sends SIGTERM and does not wait. */
    void terminate() {
        process.destroy();
    }

    Process process() {
        return process;
    }

    /** What it wrote so far. */
    String log() {
        return read(log);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the client and kills the process if it is still there. */
    @Override
    public void close() {
        super.close();
        process.destroyForcibly();
    }
}

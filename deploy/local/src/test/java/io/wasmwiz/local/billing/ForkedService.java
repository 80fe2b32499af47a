package io.wasmwiz.local.billing;

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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** One of our programs in a JVM of its own, as its operator starts it. Its starter closes it, which kills it. */
final class ForkedService implements AutoCloseable {
    private final Process process;
    private final Path log;

    private ForkedService(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** Starts it and waits until it has written {@code ready}; what it writes is kept in {@code directory}. */
    static ForkedService start(Path directory, Class<?> main, String ready, List<String> flags) {
        ForkedService service = begin(directory, main, flags);
        await().atMost(BillingStack.PATIENCE)
                .until(() -> !service.process.isAlive() || service.log().contains(ready));
        if (!service.process.isAlive()) {
            throw new AssertionError("did not start: " + service.log());
        }
        return service;
    }

    /** Starts it and does not wait. */
    static ForkedService begin(Path directory, Class<?> main, List<String> flags) {
        try {
            Path log = Files.createTempFile(directory, main.getSimpleName(), ".log");
            List<String> line = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Djava.library.path=" + System.getProperty("java.library.path"),
                    "-cp",
                    productClassPath(),
                    main.getName()));
            line.addAll(flags);
            ProcessBuilder builder =
                    new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().keySet().removeIf(name -> name.startsWith("WASMWIZ_") || name.equals("DATABASE_URL"));
            return new ForkedService(builder.start(), log);
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

    /** The port that it said to have taken under this name. */
    int port(String name) {
        Matcher matcher = Pattern.compile(name + "\\D{1,3}(\\d+)").matcher(log());
        if (!matcher.find()) {
            throw new AssertionError("no " + name + " in " + log());
        }
        return Integer.parseInt(matcher.group(1));
    }

    /** Waits for its end and returns its exit code. */
    int awaitExit() throws InterruptedException {
        if (!process.waitFor(BillingStack.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
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

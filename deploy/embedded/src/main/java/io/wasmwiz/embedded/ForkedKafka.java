package io.wasmwiz.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * An {@link EmbeddedKafka} in a JVM of its own, on this one's class path: for tests that kill the broker. It dies with
 * this JVM. Its output is in {@code broker.log} of its directory, that of the start before in {@code broker.log.1}.
 *
 * <p>Thread-safe; its opener closes it. Faults are {@link EmbeddedServerException}s.
 */
public final class ForkedKafka implements AutoCloseable {
    static final int STOP_SECONDS = 30;
    private static final int START_SECONDS = 60;
    private static final String HEAP = "-Xmx256m";

    private final Path directory;
    private final int port;
    private Process broker;

    private ForkedKafka(Path directory, int port) {
        this.directory = directory.toAbsolutePath().normalize();
        this.port = port;
        this.broker = fork();
    }

    /** Starts a broker as {@link EmbeddedKafka#start} does. */
    public static ForkedKafka start(Path directory, int port) {
        return new ForkedKafka(directory, port == 0 ? FreePort.find() : port);
    }

    /** For clients: {@code 127.0.0.1:port}; the same after {@link #restart}. */
    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** As {@link EmbeddedKafka#createTopic}. */
    public void createTopic(String name, int partitions) {
        EmbeddedKafka.createTopic(bootstrapServers(), name, partitions);
    }

    /** Kills the broker with SIGKILL. */
    public synchronized void kill() {
        broker.destroyForcibly();
        if (!awaitExit()) {
            throw new EmbeddedServerException("Kafka, process " + broker.pid() + ", does not die");
        }
    }

    /** Stops the broker if it runs and starts it on the same data and port. */
    public synchronized void restart() {
        close();
        broker = fork();
    }

    /** Stops the broker in order; kills it when that takes longer than 30 s. The data stays. */
    @Override
    public synchronized void close() {
        try {
            broker.getOutputStream().close();
        } catch (IOException e) {
            broker.destroyForcibly();
        }
        if (!awaitExit()) {
            kill();
        }
    }

    private boolean awaitExit() {
        try {
            return broker.waitFor(STOP_SECONDS + 5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw ChildProcesses.interrupted(e);
        }
    }

    private Process fork() {
        Path log = directory.resolve("broker.log");
        try {
            Files.createDirectories(directory);
            if (Files.exists(log)) {
                Files.move(log, log.resolveSibling("broker.log.1"), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new EmbeddedServerException("cannot use the data directory " + directory + ": " + e, e);
        }
        Process process = ChildProcesses.startServer(new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        HEAP,
                        "-cp",
                        System.getProperty("java.class.path"),
                        EmbeddedKafka.class.getName(),
                        directory.toString(),
                        String.valueOf(port)))
                .redirectError(log.toFile()));
        try {
            awaitReady(process, log);
        } catch (RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
        return process;
    }

    private static void awaitReady(Process process, Path log) {
        CompletableFuture<String> firstLine = CompletableFuture.supplyAsync(() -> firstLine(process));
        try {
            String line = firstLine.get(START_SECONDS, TimeUnit.SECONDS);
            if (line.startsWith(EmbeddedKafka.READY)) {
                return;
            }
        } catch (TimeoutException | ExecutionException e) {
            throw new EmbeddedServerException("Kafka was not ready within " + START_SECONDS + " s; see " + log, e);
        } catch (InterruptedException e) {
            throw ChildProcesses.interrupted(e);
        }
        throw new EmbeddedServerException("Kafka did not start; see " + log);
    }

    private static String firstLine(Process process) {
        try {
            String line = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
            return line == null ? "" : line;
        } catch (IOException e) {
            return "";
        }
    }
}

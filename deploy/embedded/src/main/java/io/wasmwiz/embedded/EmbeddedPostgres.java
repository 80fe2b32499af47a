package io.wasmwiz.embedded;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server as a child of this JVM, on 127.0.0.1 with password authentication. Runs as root too, by giving the
 * server to another user. When this JVM dies, however it dies, the server shuts down by itself.
 *
 * <p>Thread-safe; its opener closes it. Faults are {@link EmbeddedServerException}s.
 */
public final class EmbeddedPostgres implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private final EmbeddedPostgresConfig config;
    private final DirectoryLock lock;
    private final PostgresData data;
    private final PostgresInstallation installation;
    private final PostgresLauncher launcher;
    private int port;
    private Process server;

    private EmbeddedPostgres(EmbeddedPostgresConfig config, DirectoryLock lock) throws IOException {
        this.config = config;
        this.lock = lock;
        this.data = new PostgresData(config.directory());
        data.letOthersPass();
        this.installation = PostgresInstallation.unpack(config.binaries(), config.cacheDirectory());
        this.launcher = PostgresLauncher.choose(installation, config.directory());
        awaitPredecessor();
        data.prepare(config, installation, launcher);
        this.port = config.port();
        this.server = launch();
    }

    /** Starts a server, on new data or on that of an earlier one, and returns when it accepts connections. */
    public static EmbeddedPostgres start(EmbeddedPostgresConfig config) {
        DirectoryLock lock = DirectoryLock.acquire(config.directory());
        try {
            return new EmbeddedPostgres(config, lock);
        } catch (IOException e) {
            lock.close();
            throw new EmbeddedServerException(
                    "cannot prepare PostgreSQL's data in " + config.directory() + ": " + e, e);
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /** The TCP port on 127.0.0.1; the same after {@link #restart}. */
    public synchronized int port() {
        return port;
    }

    /** Process id of the server; another one after {@link #restart}. */
    public synchronized long pid() {
        return server.pid();
    }

    /** The first number of the server's version, for example 18. */
    public int majorVersion() {
        return launcher.majorVersion();
    }

    /** A URL with the superuser's password: {@code postgresql://postgres:…@127.0.0.1:port/database}. */
    public String url(String database) {
        return url(database, "postgres", config.password());
    }

    /** A URL for another user. */
    public String url(String database, String user, String password) {
        return url(database, user, password, port());
    }

    /** The same, through whatever carries {@code throughPort} of 127.0.0.1 to the server. */
    public String url(String database, String user, String password, int throughPort) {
        return "postgresql://" + encode(user) + ":" + encode(password) + "@127.0.0.1:" + throughPort + "/"
                + encode(database);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Kills every process of the server with SIGKILL, as a power failure would. For tests; {@link #restart} recovers. */
    public synchronized void kill() {
        List<ProcessHandle> children = server.descendants().toList();
        server.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        awaitExit(STOP_LIMIT);
    }

    /** Stops the server if it runs and starts it on the same data and port. */
    public synchronized void restart() {
        stop();
        try {
            data.prepare(config, installation, launcher);
        } catch (IOException e) {
            throw new EmbeddedServerException(
                    "cannot prepare PostgreSQL's data in " + config.directory() + ": " + e, e);
        }
        server = launch();
    }

    /** Ends sessions and shuts down, as {@link #close} does, and keeps the directory: {@link #restart} starts it again. */
    public synchronized void shutDown() {
        stop();
    }

    /** Ends sessions and shuts down; kills what has not ended within 30 s. The data stays. */
    @Override
    public synchronized void close() {
        stop();
        lock.close();
    }

    // SIGINT is PostgreSQL's "fast" shutdown; SIGTERM, which Process.destroy sends, would wait for clients to leave.
    private void stop() {
        if (server.isAlive()) {
            ChildProcesses.run(List.of("sh", "-c", "kill -INT " + server.pid()), Duration.ofSeconds(5));
        }
        if (!awaitExit(STOP_LIMIT)) {
            log.atWarn().addKeyValue("directory", config.directory()).log("postgresql did not stop and is killed");
            kill();
        }
    }

    private boolean awaitExit(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            if (!server.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return false;
            }
            while (!data.processes().isEmpty()) {
                if (System.nanoTime() > deadline) {
                    return false;
                }
                Thread.sleep(10);
            }
            return true;
        } catch (InterruptedException e) {
            throw ChildProcesses.interrupted(e);
        }
    }

    // We hold the lock, so whoever runs here is the child of a JVM that died, and is on its way out.
    private void awaitPredecessor() {
        long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
        while (!data.processes().isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new EmbeddedServerException("another PostgreSQL server runs on the data in " + config.directory()
                        + ", process " + data.processes().get(0).pid() + ": stop it first");
            }
            pause();
        }
    }

    private Process launch() {
        for (int attempt = 1; ; attempt++) {
            boolean chosenHere = port == 0;
            int candidate = chosenHere ? FreePort.find() : port;
            try {
                Process started = launch(candidate);
                port = candidate;
                return started;
            } catch (EmbeddedServerException e) {
                // Taken between our finding it and the server's binding it.
                if (!chosenHere || attempt == FreePort.ATTEMPTS || FreePort.isFree(candidate)) {
                    throw e;
                }
            }
        }
    }

    private Process launch(int candidate) {
        if (!FreePort.isFree(candidate)) {
            throw new EmbeddedServerException("port " + candidate
                    + " on 127.0.0.1 is in use: stop its user, or choose another port for PostgreSQL");
        }
        long started = System.nanoTime();
        ProcessBuilder builder = new ProcessBuilder(command(candidate))
                .redirectErrorStream(true)
                .redirectOutput(data.log().toFile());
        ChildProcesses.bareEnvironment(builder);
        Process process = ChildProcesses.startServer(builder);
        long deadline = started + START_LIMIT.toNanos();
        while (!data.isReady(candidate)) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                process.destroyForcibly();
                throw new EmbeddedServerException(
                        "PostgreSQL did not start on port " + candidate + ":\n  " + data.logTail());
            }
            pause();
        }
        log.atInfo()
                .addKeyValue("port", candidate)
                .addKeyValue("version", launcher.majorVersion())
                .addKeyValue("ms", (System.nanoTime() - started) / 1_000_000)
                .log("postgresql started");
        return process;
    }

    private List<String> command(int candidate) {
        List<String> command = launcher.command(
                installation.program("postgres"), "-D", data.cluster().toString());
        config.settings().forEach((name, value) -> setting(command, name, value));
        setting(command, "listen_addresses", "127.0.0.1");
        setting(command, "port", String.valueOf(candidate));
        setting(command, "unix_socket_directories", "");
        setting(command, "timezone", "UTC");
        setting(command, "log_timezone", "UTC");
        return command;
    }

    private static void setting(List<String> command, String name, String value) {
        command.add("-c");
        command.add(name + "=" + value);
    }

    private static void pause() {
        try {
            Thread.sleep(5);
        } catch (InterruptedException e) {
            throw ChildProcesses.interrupted(e);
        }
    }
}

package io.wasmwiz.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program as a process of its own: in a session of its own, so that Ctrl-C in a terminal reaches only us, and killed by
 * the system when this JVM dies, however it dies. Its output goes to a file, that of the start before is kept beside it.
 *
 * <p>Thread-safe; its starter closes it. Faults are {@link EmbeddedServerException}s.
 */
public final class ServerProcess implements AutoCloseable {
    private static final List<String> PREFIX = List.of("setsid", "setpriv", "--pdeathsig=KILL");
    private static final Duration SIGNAL_LIMIT = Duration.ofSeconds(5);
    private static final long KILL_SECONDS = 10;

    private final Process process;
    private final Duration stopLimit;

    private ServerProcess(Process process, Duration stopLimit) {
        this.process = process;
        this.stopLimit = stopLimit;
    }

    /**
     * Starts {@code command}.
     *
     * @param environment all of it, but for {@code PATH} and {@code LC_ALL}; the place for secrets, which arguments are not
     * @param log its output and error; the directory is made if absent
     * @param stopLimit how long {@link #close} waits before it kills
     */
    public static ServerProcess start(
            List<String> command, Map<String, String> environment, Path log, Duration stopLimit) {
        try {
            Files.createDirectories(log.toAbsolutePath().getParent());
            if (Files.exists(log)) {
                Files.move(log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new EmbeddedServerException("cannot write the log " + log + ": " + e, e);
        }
        List<String> whole = new ArrayList<>(PREFIX);
        whole.addAll(command);
        ProcessBuilder builder =
                new ProcessBuilder(whole).redirectErrorStream(true).redirectOutput(log.toFile());
        ChildProcesses.bareEnvironment(builder);
        builder.environment().putAll(environment);
        return new ServerProcess(ChildProcesses.startServer(builder), stopLimit);
    }

    /** Its process id. */
    public long pid() {
        return process.pid();
    }

    /** Whether it runs, suspended or not. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** The processes that it started and that run, and theirs. */
    public List<ProcessHandle> descendants() {
        return process.descendants().toList();
    }

    /** Sends SIGKILL and waits for its end. */
    public void kill() {
        process.destroyForcibly();
        if (!awaitExit(KILL_SECONDS, TimeUnit.SECONDS)) {
            throw new EmbeddedServerException("process " + process.pid() + " does not die");
        }
    }

    /** Sends SIGTERM, waits as long as agreed, then kills; a suspended process is resumed first. */
    @Override
    public void close() {
        if (!process.isAlive()) {
            return;
        }
        signal(process.pid(), "CONT");
        process.destroy();
        if (!awaitExit(stopLimit.toMillis(), TimeUnit.MILLISECONDS)) {
            kill();
        }
    }

    private boolean awaitExit(long limit, TimeUnit unit) {
        try {
            return process.waitFor(limit, unit);
        } catch (InterruptedException e) {
            throw ChildProcesses.interrupted(e);
        }
    }

    /** Sends a signal, by the name that {@code kill} knows it by, to a process of ours; nothing happens if it is gone. */
    public static void signal(long pid, String name) {
        ChildProcesses.run(List.of("sh", "-c", "kill -" + name + " " + pid), SIGNAL_LIMIT);
    }
}

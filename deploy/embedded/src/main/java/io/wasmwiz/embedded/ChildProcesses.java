package io.wasmwiz.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Starts programs, either for as long as this JVM lives or for a bounded moment. */
final class ChildProcesses {
    // Linux sends a child's parent-death signal when the thread that started it ends, not the process: so all servers
    // are
    // started by one thread that never ends.
    private static final ExecutorService PARENT = Executors.newSingleThreadExecutor(runnable -> {
        Thread thread = new Thread(runnable, "embedded-server-parent");
        thread.setDaemon(true);
        return thread;
    });

    private static final int OUTPUT_CHARACTERS = 8_000;

    /**
     * What a short program said.
     *
     * @param exitCode its exit code
     * @param output standard output and error, the first 8,000 bytes
     */
    record Result(int exitCode, String output) {
        boolean ok() {
            return exitCode == 0;
        }
    }

    private ChildProcesses() {}

    /** Starts a server whose parent, in the system's eyes, lives as long as this JVM. */
    static Process startServer(ProcessBuilder builder) {
        try {
            return PARENT.submit(builder::start).get();
        } catch (ExecutionException e) {
            throw new EmbeddedServerException(
                    "cannot start " + builder.command().get(0) + ": " + e.getCause(), e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Runs {@code command} with a bare environment to its end, at most {@code limit}. */
    static Result run(List<String> command, Duration limit) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        bareEnvironment(builder);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return new Result(127, String.valueOf(e.getMessage()));
        }
        Thread killer = new Thread(() -> killAfter(process, limit), "kill-after-" + command.get(0));
        killer.setDaemon(true);
        killer.start();
        try (InputStream out = process.getInputStream()) {
            byte[] head = out.readNBytes(OUTPUT_CHARACTERS);
            out.transferTo(java.io.OutputStream.nullOutputStream());
            return new Result(process.waitFor(), new String(head, StandardCharsets.UTF_8).strip());
        } catch (IOException e) {
            throw new EmbeddedServerException("cannot read the output of " + command.get(0) + ": " + e, e);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw interrupted(e);
        } finally {
            killer.interrupt();
        }
    }

    private static void killAfter(Process process, Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Keeps the caller's PGDATA, PGPORT, LC_ALL and the like away from the programs. */
    static void bareEnvironment(ProcessBuilder builder) {
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().put("LC_ALL", "C.UTF-8");
    }

    static EmbeddedServerException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new EmbeddedServerException("interrupted", e);
    }
}

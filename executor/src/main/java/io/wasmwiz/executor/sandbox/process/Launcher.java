package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.process.SandboxProcessMain.Role;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Starts sandbox processes, all on one thread that lives as long as the launcher: the kernel kills them when the thread
 * that started them ends. A process gets an empty environment and no open files but its standard streams.
 */
final class Launcher implements AutoCloseable {
    private static final List<String> JVM = List.of(
            "-Xms16m",
            "-XX:+UseSerialGC",
            "-XX:ReservedCodeCacheSize=48m",
            "-XX:MaxMetaspaceSize=96m",
            "-Xshare:auto",
            "-XX:-UsePerfData",
            "-XX:+DisableAttachMechanism",
            "-XX:+ExitOnOutOfMemoryError",
            // Standard output is for frames, and nothing is written to disk.
            "-XX:+DisplayVMOutputToStderr",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=/dev/null",
            "-Dslf4j.internal.verbosity=ERROR",
            "-Dfile.encoding=UTF-8");

    /** The child's program. */
    record Program(Class<?> main) {
        static final Program SANDBOX = new Program(SandboxProcessMain.class);
    }

    private final ExecutorService thread = Executors.newSingleThreadExecutor(runnable -> {
        Thread launcher = new Thread(runnable, "sandbox-launcher");
        launcher.setDaemon(true);
        return launcher;
    });
    private final ProcessConfig config;
    private final Isolation isolation;
    private final ChildClassPath classPath;
    private final Program program;
    private final Duration epochTick;

    Launcher(ProcessConfig config, Isolation isolation, ChildClassPath classPath, Program program, Duration epochTick) {
        this.config = config;
        this.isolation = isolation;
        this.classPath = classPath;
        this.program = program;
        this.epochTick = epochTick;
    }

    /** Starts a process; completes exceptionally if it cannot be started. */
    CompletableFuture<Process> start(Role role, int slot, Path cacheSettings, Path keptReplies) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        ProcessBuilder builder = new ProcessBuilder(command(role, slot, cacheSettings, keptReplies));
                        builder.environment().clear();
                        builder.directory(new File("/"));
                        return builder.start();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException("cannot start a sandbox process", e);
                    }
                },
                thread);
    }

    private List<String> command(Role role, int slot, Path cacheSettings, Path keptReplies) {
        long memoryBytes = role == Role.COMPILE ? config.compileMemoryBytes() : config.memoryBytes();
        List<String> command = new ArrayList<>(isolation.prefix(role, slot, memoryBytes));
        if (!config.launcher().isEmpty()) {
            String first = config.launcher().get(0);
            command.add(Isolation.tool(first).orElse(first));
            command.addAll(config.launcher().subList(1, config.launcher().size()));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM);
        if (role == Role.COMPILE) {
            // Most of its work is native.
            command.add("-XX:TieredStopAtLevel=1");
        }
        // A third for frames, modules and their copies; the rest is the guest's and the engine's.
        command.add("-Xmx" + Math.min(768, memoryBytes / 3 >> 20) + "m");
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        if (Runtime.version().feature() >= 24) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.add("-Djava.library.path=" + classPath.libraryPath());
        command.addAll(config.javaOptions());
        command.addAll(List.of(
                "-cp",
                classPath.classPath(),
                program.main().getName(),
                role.name(),
                cacheSettings.toString(),
                String.valueOf(epochTick.toMillis()),
                keptReplies.toString()));
        return command;
    }

    /** Ends the thread, and with it every process it started. */
    @Override
    public void close() {
        thread.shutdown();
    }
}

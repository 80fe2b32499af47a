package io.wasmwiz.executor.sandbox.process;

import io.github.kawamuray.wasmtime.Config;
import io.github.kawamuray.wasmtime.Engine;
import io.github.kawamuray.wasmtime.Linker;
import io.github.kawamuray.wasmtime.Module;
import io.github.kawamuray.wasmtime.Store;
import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.SandboxRun;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.StartConditions;
import io.wasmwiz.executor.sandbox.process.SandboxProcessMain.Role;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * A sandbox process without validation for some modules: those that export {@link #MARK} are given to the engine as they
 * were uploaded, without the rewrite that clamps tables. Their {@code _start} is called when the run has started, on the
 * thread of the sandbox. Everything else is as in {@link SandboxProcessMain}, whose place it takes by {@link #launcher}.
 */
public final class UncheckedSandboxMain {
    /** What a module exports that is to run unchecked. */
    public static final String MARK = "unchecked";

    private static final String[] REPLACE_MAIN = {
        "#!/bin/sh",
        "n=$#",
        "while [ $n -gt 0 ]; do",
        "  word=$1; shift; n=$((n - 1))",
        "  [ \"$last\" = -cp ] && word=\"" + "CLASSES" + ":$word\"",
        "  last=$word",
        "  [ \"$word\" = " + SandboxProcessMain.class.getName() + " ] && word=" + UncheckedSandboxMain.class.getName(),
        "  set -- \"$@\" \"$word\"",
        "done",
        "exec \"$@\""
    };

    /**
     * A value of {@code --sandbox-launcher} that starts this program instead.
     *
     * @param directory where script and classes are copied to, so that other users can read them
     */
    public static String launcher(Path directory) {
        try {
            Path classes = Path.of(UncheckedSandboxMain.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .getPath());
            Path relative = Path.of(UncheckedSandboxMain.class.getPackageName().replace('.', '/'));
            Path target = directory.resolve("classes").resolve(relative);
            Files.createDirectories(target);
            try (Stream<Path> files = Files.list(classes.resolve(relative))) {
                for (Path file : files.filter(file ->
                                file.getFileName().toString().startsWith(UncheckedSandboxMain.class.getSimpleName()))
                        .toList()) {
                    Files.copy(file, target.resolve(file.getFileName()));
                }
            }
            Path script = directory.resolve("unchecked.sh");
            Files.writeString(
                    script,
                    String.join("\n", REPLACE_MAIN)
                            .replace("CLASSES", directory.resolve("classes").toString()));
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path each : all.toList()) {
                    Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
            }
            return "/bin/sh " + script;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Serves until standard input ends; never returns. */
    public static void main(String[] arguments) {
        if (Role.valueOf(arguments[0]) == Role.COMPILE) {
            SandboxProcessMain.main(arguments);
        }
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        System.setOut(System.err);
        int status = 70;
        Replies replies = new Replies(out, kept(arguments[3]));
        Duration epochTick = Duration.ofMillis(Long.parseLong(arguments[2]));
        try (ServedRuns runs =
                new ServedRuns(new Unchecked(ServedRuns.sandbox(Path.of(arguments[1]), epochTick)), replies)) {
            replies.ready();
            runs.serve(new FrameReader(new FileInputStream(FileDescriptor.in)));
            status = 0;
        } catch (Throwable t) {
            t.printStackTrace();
        } finally {
            Runtime.getRuntime().halt(status);
        }
    }

    private static KeptReplies kept(String file) {
        try {
            return KeptReplies.open(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Calls the bare engine within the start of a run that is marked. */
    private record Unchecked(SandboxRuntime sandbox) implements SandboxRuntime {
        @Override
        public CompletionStage<Compilation> compile(ModuleCode module) {
            return sandbox.compile(module);
        }

        @Override
        public SandboxRun run(RunRequest request) {
            byte[] module = request.module().bytes();
            if (!new String(module, StandardCharsets.ISO_8859_1).contains(MARK)) {
                return sandbox.run(request);
            }
            StartConditions start = request.start();
            return sandbox.run(new RunRequest(
                    request.module(),
                    request.input(),
                    request.arguments(),
                    request.environment(),
                    request.limits(),
                    new StartConditions(
                            start.accountConcurrency(),
                            start.startByNanos(),
                            () -> start.mayStart().getAsBoolean() && callUnchecked(module))));
        }

        private static boolean callUnchecked(byte[] wasm) {
            try (Config config = new Config();
                    Engine engine = new Engine(config);
                    Module module = Module.fromBinary(engine, wasm);
                    Store<Void> store = new Store<>(null, engine);
                    Linker linker = new Linker(engine)) {
                linker.module(store, "guest", module);
                linker.get(store, "guest", "_start").orElseThrow().func().call(store);
                return true;
            }
        }

        @Override
        public void close() {
            sandbox.close();
        }
    }

    private UncheckedSandboxMain() {}
}

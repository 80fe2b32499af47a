package io.wasmwiz.executor.sandbox.wasmtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.kawamuray.wasmtime.Config;
import io.github.kawamuray.wasmtime.Engine;
import io.github.kawamuray.wasmtime.Func;
import io.github.kawamuray.wasmtime.Linker;
import io.github.kawamuray.wasmtime.Module;
import io.github.kawamuray.wasmtime.Store;
import io.github.kawamuray.wasmtime.WasmFunctionError.I32ExitError;
import io.github.kawamuray.wasmtime.wasi.WasiCtx;
import io.github.kawamuray.wasmtime.wasi.WasiCtxBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The floor of real programs: an unmodified WASI command on the engine as it comes, with the WASI functions that it ships,
 * on files of this machine, on the caller's thread. Nothing of ours is in it: no rewrite, no limits, no shim. Used on one
 * thread, whose stack has 2 MB; its opener closes it.
 */
public final class EngineProgram implements AutoCloseable {
    /**
     * Makes the file {@code stdin} of the second preopened directory standard input. The engine's binding opens whatever it
     * is given as standard input with truncation and to be written; the engine's own functions open a file to be read.
     */
    private static final String INPUT = """
            (module
              (import "wasi_snapshot_preview1" "path_open"
                (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_renumber" (func $fd_renumber (param i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 8) "stdin")
              (func $check (param $error i32) (if (local.get $error) (then unreachable)))
              ;; Rights: fd_read, fd_seek, fd_fdstat_set_flags, fd_tell, fd_filestat_get, poll_fd_readwrite.
              (func $open
                (call $check (call $path_open
                  (i32.const 4) (i32.const 0) (i32.const 8) (i32.const 5) (i32.const 0)
                  (i64.const 0x820002e) (i64.const 0) (i32.const 0) (i32.const 0)))
                (call $check (call $fd_renumber (i32.load (i32.const 0)) (i32.const 0))))
              (start $open))
            """;

    private final List<String> arguments;
    private final Path tree;
    /** Holds the directory {@code in} and the file {@code stdout}; its own. */
    private final Path directory;

    private final boolean interruptible;
    private final Engine engine;
    private final Module input;
    private final Module program;

    /**
     * One run.
     *
     * @param nanos from making its store to dropping it
     */
    public record Ended(long nanos, int exitCode, byte[] stdout) {}

    private EngineProgram(byte[] wasm, List<String> arguments, Path tree, byte[] stdin, boolean interruptible)
            throws IOException {
        this.arguments = arguments;
        this.tree = tree;
        this.interruptible = interruptible;
        directory = Files.createTempDirectory("wasmwiz-bench");
        Files.write(Files.createDirectory(directory.resolve("in")).resolve("stdin"), stdin);
        try (Config config = new Config()) {
            config.epochInterruption(interruptible).maxWasmStack(ModuleCompiler.GUEST_STACK_BYTES);
            engine = new Engine(config);
        }
        input = new Module(engine, INPUT.getBytes(UTF_8));
        program = Module.fromBinary(engine, wasm);
    }

    /**
     * Compiles a command, and writes its input where the engine's functions can read it.
     *
     * @param tree the directory that the guest sees as {@code /}
     * @param interruptible whether the engine compiles in what lets a run be stopped; none is
     * @throws io.github.kawamuray.wasmtime.WasmtimeException if the engine does not take the module
     */
    public static EngineProgram open(
            byte[] wasm, List<String> arguments, Path tree, byte[] stdin, boolean interruptible) throws IOException {
        return new EngineProgram(wasm, arguments, tree, stdin, interruptible);
    }

    /** Runs the command to its exit, in an instance of its own. */
    public Ended run() throws IOException {
        Path stdout = directory.resolve("stdout");
        Files.deleteIfExists(stdout);
        long start = System.nanoTime();
        int exitCode = run(new WasiCtxBuilder()
                .arg("module")
                .args(arguments)
                .env("HOME", "/")
                .stdout(stdout)
                .preopenedDir(tree, "/")
                .preopenedDir(directory.resolve("in"), "/in")
                .build());
        return new Ended(System.nanoTime() - start, exitCode, Files.readAllBytes(stdout));
    }

    private int run(WasiCtx wasi) {
        try (Store<Void> store = new Store<>(null, engine, wasi);
                Linker linker = new Linker(engine)) {
            WasiCtx.addToLinker(linker);
            if (interruptible) {
                store.setEpochDeadline(1);
            }
            linker.module(store, "input", input);
            linker.module(store, "program", program);
            try (Func command =
                    linker.get(store, "program", "_start").orElseThrow().func()) {
                command.call(store);
                return 0;
            } catch (I32ExitError exit) {
                return exit.exitCode();
            }
        }
    }

    @Override
    public void close() throws IOException {
        program.dispose();
        input.dispose();
        engine.dispose();
        Files.deleteIfExists(directory.resolve("stdout"));
        Files.delete(directory.resolve("in/stdin"));
        Files.delete(directory.resolve("in"));
        Files.delete(directory);
    }
}

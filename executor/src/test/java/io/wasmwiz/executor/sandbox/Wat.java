package io.wasmwiz.executor.sandbox;

import com.dylibso.chicory.wabt.Wat2Wasm;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Modules that tests write down as text. */
public final class Wat {
    private static final ConcurrentMap<String, byte[]> COMPILED = new ConcurrentHashMap<>();

    /** The binary of a module. */
    public static byte[] wasm(String text) {
        return COMPILED.computeIfAbsent(text, Wat2Wasm::parse).clone();
    }

    /** A command with one page of memory whose {@code _start} does {@code body}; preview1's usual functions are imported. */
    public static byte[] command(String body) {
        return wasm(program("(memory (export \"memory\") 1)", body));
    }

    /** A module with the usual imports, {@code definitions} and a {@code _start}. */
    public static String program(String definitions, String body) {
        return """
        (module
          (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
          (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
          %s
          (func $_start (export "_start") %s))
        """.formatted(definitions, body);
    }

    /** A command that sleeps by one relative clock subscription. */
    public static byte[] sleep(long nanoseconds) {
        return command("""
            (i32.store (i32.const 16) (i32.const 1))
            (i64.store (i32.const 24) (i64.const %d))
            (call $proc_exit (call $poll_oneoff (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))
            """.formatted(nanoseconds));
    }

    /** A module whose structure is right and whose {@code _start} leaves the wrong type behind. */
    public static byte[] mistyped() {
        byte[] wasm = wasm("(module (func (export \"_start\") (drop (i32.const 42))))");
        for (int i = 0; i < wasm.length - 2; i++) {
            if (wasm[i] == 0x41 && wasm[i + 1] == 42 && wasm[i + 2] == 0x1a) {
                wasm[i + 2] = 0x01;
                return wasm;
            }
        }
        throw new AssertionError("the pattern is gone");
    }

    private Wat() {}
}

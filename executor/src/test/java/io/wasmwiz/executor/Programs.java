package io.wasmwiz.executor;

import com.google.protobuf.ByteString;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.Wat;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ModuleRef;

/** Guests of tests, and the requests that run them. */
public final class Programs {
    /** Writes {@code hello} to standard output and exits with 0. */
    static final byte[] HELLO = Wat.wasm(Wat.program(
            "(memory (export \"memory\") 1 4) (data (i32.const 8) \"hello\")",
            "(i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 5))"
                    + " (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))"));

    /** Never ends. */
    static final byte[] LOOP = Wat.command("(loop $again (br $again))");

    private Programs() {}

    /** Exits with {@code code}. */
    static byte[] exit(int code) {
        return Wat.command("(call $proc_exit (i32.const " + code + "))");
    }

    /** Starts with {@code pages} of memory. */
    static byte[] withMemory(int pages) {
        return Wat.wasm(Wat.program("(memory (export \"memory\") " + pages + ")", ""));
    }

    /** Runs {@code module}, which is brought along. */
    public static ExecuteRequest inline(byte[] module) {
        return ExecuteRequest.newBuilder()
                .setModule(ModuleRef.newBuilder().setInline(ByteString.copyFrom(module)))
                .build();
    }

    /** Runs {@code module}, which the account has. */
    static ExecuteRequest byDigest(byte[] module) {
        return ExecuteRequest.newBuilder()
                .setModule(
                        ModuleRef.newBuilder().setDigest(ModuleDigest.of(module).toString()))
                .build();
    }
}

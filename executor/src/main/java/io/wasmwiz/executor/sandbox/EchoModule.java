package io.wasmwiz.executor.sandbox;

import java.util.HexFormat;

/** The smallest command that reads and writes, for checks and benchmarks. Stateless. */
public final class EchoModule {
    /**
     * Copies up to 1,024 bytes from standard input to standard output:
     *
     * <pre>{@code
     * (module
     *   (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
     *   (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
     *   (memory 1)
     *   (func (export "_start")
     *     (i32.store (i32.const 0) (i32.const 16))
     *     (i32.store (i32.const 4) (i32.const 1024))
     *     (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
     *     (i32.store (i32.const 4) (i32.load (i32.const 8)))
     *     (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
     * }</pre>
     */
    private static final byte[] ECHO = HexFormat.of()
            .parseHex("0061736d01000000010c0260047f7f7f7f017f60000002440216776173695f736e617073686f745f7072657669657731"
                    + "0766645f72656164000016776173695f736e617073686f745f70726576696577310866645f77726974650000030201010503"
                    + "010001070a01065f737461727400020a33013100410041103602004104418008360200410041004101410810001a41044108"
                    + "280200360200410141004101410810011a0b");

    private EchoModule() {}

    /** The binary; the caller's own copy. */
    public static byte[] bytes() {
        return ECHO.clone();
    }
}

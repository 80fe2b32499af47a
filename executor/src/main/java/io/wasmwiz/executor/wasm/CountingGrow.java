package io.wasmwiz.executor.wasm;

/** What takes the place of {@code memory.grow}. */
final class CountingGrow {
    /**
     * Grows, and counts a refusal unless the module's own maximum explains it:
     *
     * <pre>{@code
     * (func (param i32) (result i32) (local i32)
     *   (if (i32.eq (local.tee 1 (memory.grow (local.get 0))) (i32.const -1))
     *     (then (if (i64.le_u (i64.add (i64.extend_i32_u (memory.size)) (i64.extend_i32_u (local.get 0)))
     *                         (i64.const declaredMaximum))
     *       (then (global.set $refused (i32.add (global.get $refused) (i32.const 1)))))))
     *   (local.get 1))
     * }</pre>
     *
     * @param declaredMaximum pages that the module declares at most
     * @param refused the global that counts
     */
    static WasmWriter body(long declaredMaximum, int refused) {
        return new WasmWriter(64)
                .bytes(1, 1, ValueTypes.I32)
                .bytes(0x20, 0, 0x40, 0, 0x22, 1, 0x41, 0x7f, 0x46, 0x04, 0x40)
                .bytes(0x3f, 0, 0xad, 0x20, 0, 0xad, 0x7c, 0x42)
                .s64(declaredMaximum)
                .bytes(0x58, 0x04, 0x40, 0x23)
                .u32(refused)
                .bytes(0x41, 1, 0x6a, 0x24)
                .u32(refused)
                .bytes(0x0b, 0x0b, 0x20, 1, 0x0b);
    }

    private CountingGrow() {}
}

package io.wasmwiz.executor.wasm;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Grows a module byte by byte. Not thread-safe. */
final class WasmWriter {
    private byte[] bytes;
    private int length;

    WasmWriter(int expectedBytes) {
        bytes = new byte[Math.max(16, expectedBytes)];
    }

    int length() {
        return length;
    }

    byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    WasmWriter bytes(int... values) {
        reserve(values.length);
        for (int value : values) {
            bytes[length++] = (byte) value;
        }
        return this;
    }

    WasmWriter copy(byte[] from, int start, int end) {
        reserve(end - start);
        System.arraycopy(from, start, bytes, length, end - start);
        length += end - start;
        return this;
    }

    WasmWriter u32(long value) {
        reserve(5);
        long left = value;
        do {
            long low = left & 0x7f;
            left >>>= 7;
            bytes[length++] = (byte) (left == 0 ? low : low | 0x80);
        } while (left != 0);
        return this;
    }

    WasmWriter s64(long value) {
        reserve(10);
        long left = value;
        while (left < -64 || left > 63) {
            bytes[length++] = (byte) ((left & 0x7f) | 0x80);
            left >>= 7;
        }
        bytes[length++] = (byte) (left & 0x7f);
        return this;
    }

    WasmWriter name(String name) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        return u32(utf8.length).copy(utf8, 0, utf8.length);
    }

    /** Another writer's bytes. */
    WasmWriter append(WasmWriter content) {
        return copy(content.bytes, 0, content.length);
    }

    /** Another writer's bytes after their length. */
    WasmWriter sized(WasmWriter content) {
        return u32(content.length).copy(content.bytes, 0, content.length);
    }

    WasmWriter section(int id, WasmWriter content) {
        return bytes(id).sized(content);
    }

    private void reserve(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(length + more, bytes.length * 2));
        }
    }
}

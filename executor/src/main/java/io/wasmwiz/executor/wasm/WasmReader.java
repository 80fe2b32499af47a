package io.wasmwiz.executor.wasm;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * A cursor over a range of a module's bytes that decodes values exactly as the core specification's binary format has
 * them. Not thread-safe.
 */
final class WasmReader {
    private final byte[] bytes;
    private final int end;
    private final boolean wholeFile;
    private int position;

    /** Of everything from {@code start} on: reading past its end means that the file is cut off. */
    WasmReader(byte[] bytes, int start) {
        this(bytes, start, bytes.length, true);
    }

    /** Of a part of the file: reading past its end means that its size is wrong. */
    WasmReader(byte[] bytes, int start, int end) {
        this(bytes, start, end, false);
    }

    private WasmReader(byte[] bytes, int start, int end, boolean wholeFile) {
        this.bytes = bytes;
        this.position = start;
        this.end = end;
        this.wholeFile = wholeFile;
    }

    int position() {
        return position;
    }

    int end() {
        return end;
    }

    int remaining() {
        return end - position;
    }

    int u8() throws ModuleRefusedException {
        if (position >= end) {
            throw pastEnd();
        }
        return bytes[position++] & 0xff;
    }

    /** An unsigned 32-bit LEB128 of at most five bytes. */
    long u32() throws ModuleRefusedException {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            int b = u8();
            if (shift == 28 && b > 0x0f) {
                throw malformed("an integer does not fit in 32 bits");
            }
            value |= (long) (b & 0x7f) << shift;
            if (b < 0x80) {
                return value;
            }
        }
    }

    /** A signed LEB128 of 32, 33 or 64 bits; the unused bits of its last byte must repeat the sign. */
    long signed(int bits) throws ModuleRefusedException {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            int b = u8();
            int left = bits - shift;
            if (left < 7) {
                int signAndUnused = (b & 0x7f) >> (left - 1);
                if (b > 0x7f || (signAndUnused != 0 && signAndUnused != 0x7f >> (left - 1))) {
                    throw malformed("an integer does not fit in " + bits + " bits");
                }
            }
            value |= (long) (b & 0x7f) << shift;
            if (b < 0x80) {
                int width = shift + 7;
                return width < 64 && (b & 0x40) != 0 ? value | -1L << width : value;
            }
        }
    }

    /**
     * The length of a vector whose items take at least one byte each, so that nothing is allocated for items that
     * cannot be there.
     */
    int count(String what, int most) throws ModuleRefusedException {
        int count = announced(what, most);
        if (count > remaining()) {
            throw wholeFile
                    ? truncated()
                    : malformed(count + " " + what + " are announced where " + remaining() + " bytes are left");
        }
        return count;
    }

    /** An index into a space of {@code size} items. */
    int index(String what, int size) throws ModuleRefusedException {
        int at = position;
        long index = u32();
        if (index >= size) {
            throw malformedAt(at, what + " " + index + " does not exist; there are " + size)
                    .with("limit", size);
        }
        return (int) index;
    }

    String name() throws ModuleRefusedException {
        int length = length();
        try {
            String name = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, position, length))
                    .toString();
            position += length;
            return name;
        } catch (CharacterCodingException e) {
            throw malformed("a name is not UTF-8");
        }
    }

    /** A number of items that lie elsewhere. */
    int announced(String what, int most) throws ModuleRefusedException {
        int at = position;
        long count = u32();
        if (count > most) {
            throw tooMany(at, count, what, most);
        }
        return (int) count;
    }

    /** Passes over a length and that many bytes; returns how many. */
    int skipBytes() throws ModuleRefusedException {
        int length = length();
        skip(length);
        return length;
    }

    void skip(int length) throws ModuleRefusedException {
        if (length > remaining()) {
            throw pastEnd();
        }
        position += length;
    }

    /** A reader over the next {@code u32} bytes, which this one passes over. */
    WasmReader sized() throws ModuleRefusedException {
        int length = length();
        var inner = new WasmReader(bytes, position, position + length);
        position += length;
        return inner;
    }

    void requireEnd(String what) throws ModuleRefusedException {
        if (position != end) {
            throw malformed(what + " has " + remaining() + " bytes too many");
        }
    }

    /** A reader of the same range from an earlier position on. */
    WasmReader again(int from) {
        return new WasmReader(bytes, from, end);
    }

    ModuleRefusedException malformed(String what) {
        return malformedAt(position, what);
    }

    ModuleRefusedException malformedAt(int at, String what) {
        return new ModuleRefusedException("MODULE_MALFORMED", "malformed WebAssembly at byte " + at + ": " + what)
                .at(at);
    }

    private static ModuleRefusedException tooMany(int at, long count, String what, int most) {
        return new ModuleRefusedException(
                        "MODULE_TOO_COMPLEX",
                        "the module has " + count + " " + what + " (at byte " + at + "); at most " + most
                                + " are allowed")
                .at(at)
                .beyond(count, most);
    }

    private int length() throws ModuleRefusedException {
        long length = u32();
        if (length > remaining()) {
            throw pastEnd();
        }
        return (int) length;
    }

    private ModuleRefusedException pastEnd() {
        return wholeFile ? truncated() : malformed("a section or function body ends in the middle of an item");
    }

    private ModuleRefusedException truncated() {
        return new ModuleRefusedException(
                        "MODULE_TRUNCATED",
                        "the module ends in the middle of an item: " + bytes.length
                                + " bytes were given, and more are announced at byte " + position)
                .at(position)
                .with("actual", bytes.length);
    }
}

package io.wasmwiz.executor.wasm;

import io.wasmwiz.executor.wasm.ParsedModule.Section;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The names that a module's name section gives its functions (core specification, appendix "Custom Sections"). Such a
 * section is not part of the module's meaning, so a malformed one is no fault: what could be read before the mistake
 * counts. Takes 8 bytes per name and the names themselves, together at most {@value #MAX_BYTES} bytes; longer lists are
 * cut. Immutable.
 */
public final class FunctionNames {
    /** Of a module without names. */
    public static final FunctionNames NONE = new FunctionNames(new int[0], new int[0], new byte[0]);

    private static final int MAX_BYTES = 4 << 20;
    private static final int MAX_NAMES = 200_000;
    private static final int NAME_BYTES = 512;
    private static final int FUNCTION_NAMES = 1;

    /** Ascending; each has a name, which ends at the same place of {@code ends}. */
    private final int[] functions;

    private final int[] ends;
    private final byte[] names;

    private FunctionNames(int[] functions, int[] ends, byte[] names) {
        this.functions = functions;
        this.ends = ends;
        this.names = names;
    }

    static FunctionNames read(ParsedModule module) {
        return module.names().map(section -> read(module.bytes(), section)).orElse(NONE);
    }

    private static FunctionNames read(byte[] bytes, Section section) {
        try {
            var in = new WasmReader(bytes, section.start(), section.end());
            while (in.remaining() > 0) {
                int id = in.u8();
                WasmReader part = in.sized();
                if (id == FUNCTION_NAMES) {
                    return readMap(bytes, part);
                }
            }
        } catch (ModuleRefusedException e) {
            return NONE;
        }
        return NONE;
    }

    private static FunctionNames readMap(byte[] bytes, WasmReader in) {
        int[] functions = new int[16];
        int[] ends = new int[16];
        var names = new WasmWriter(1_024);
        int count = 0;
        try {
            for (long left = in.u32(); left > 0 && count < MAX_NAMES; left--) {
                long function = in.u32();
                int start = in.position();
                in.skipBytes();
                var name = new WasmReader(bytes, start, in.position());
                name.u32();
                int kept = Math.min(name.remaining(), NAME_BYTES);
                if (function > Integer.MAX_VALUE
                        || count > 0 && function <= functions[count - 1]
                        || names.length() + kept > MAX_BYTES) {
                    break;
                }
                if (count == functions.length) {
                    functions = Arrays.copyOf(functions, count * 2);
                    ends = Arrays.copyOf(ends, count * 2);
                }
                names.copy(bytes, name.position(), name.position() + kept);
                functions[count] = (int) function;
                ends[count++] = names.length();
            }
        } catch (ModuleRefusedException e) {
            // The names before the mistake count.
        }
        return new FunctionNames(Arrays.copyOf(functions, count), Arrays.copyOf(ends, count), names.toByteArray());
    }

    /** A function's name as the module has it, not empty, at most 512 bytes of UTF-8; anything may be in it. */
    public Optional<String> of(int function) {
        int at = Arrays.binarySearch(functions, function);
        int start = at <= 0 ? 0 : ends[at - 1];
        return at < 0 || start == ends[at]
                ? Optional.empty()
                : Optional.of(new String(names, start, ends[at] - start, StandardCharsets.UTF_8));
    }

    /** Bytes of memory that it takes. */
    public int bytes() {
        return names.length + 8 * functions.length;
    }
}

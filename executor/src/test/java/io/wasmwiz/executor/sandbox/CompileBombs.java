package io.wasmwiz.executor.sandbox;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Small modules that the engine's compiler takes very long or too much memory for, and that the policy refuses. Where
 * the policy is switched off, compile them only in a process that may be killed: never in the JVM of the tests.
 */
public final class CompileBombs {
    private static final byte I32 = 0x7f;

    /**
     * One loop after the other, each of which carries many values that move by one place when it repeats, so that none
     * can be optimised away. About 1 KiB per 100 loops, and 3 bytes per value.
     *
     * @param values parameters, and as many results, of each loop; at most 1,000
     * @param loops how many
     */
    public static byte[] wideLoops(int values, int loops) {
        var body = new ByteArrayOutputStream();
        body.writeBytes(new byte[] {1, 1, I32});
        for (int i = 0; i < values; i++) {
            body.writeBytes(new byte[] {0x20, 0});
        }
        for (int i = 0; i < loops; i++) {
            // loop (type 1), i32.const 7, local.get 0, br_if 0, drop, end
            body.writeBytes(new byte[] {0x03, 1, 0x41, 7, 0x20, 0, 0x0d, 0, 0x1a, 0x0b});
        }
        body.writeBytes(repeated((byte) 0x1a, values));
        body.write(0x0b);
        var types = new ByteArrayOutputStream();
        types.writeBytes(new byte[] {2, 0x60, 0, 0, 0x60});
        unsigned(types, values);
        types.writeBytes(repeated(I32, values));
        unsigned(types, values);
        types.writeBytes(repeated(I32, values));
        var code = new ByteArrayOutputStream();
        code.write(1);
        unsigned(code, body.size());
        code.writeBytes(body.toByteArray());
        var module = new ByteArrayOutputStream();
        module.writeBytes(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
        section(module, 1, types.toByteArray());
        section(module, 3, new byte[] {1, 0});
        section(module, 7, new byte[] {1, 6, '_', 's', 't', 'a', 'r', 't', 0, 0});
        section(module, 10, code.toByteArray());
        return module.toByteArray();
    }

    private static byte[] repeated(byte value, int times) {
        var bytes = new byte[times];
        Arrays.fill(bytes, value);
        return bytes;
    }

    private static void section(ByteArrayOutputStream module, int id, byte[] content) {
        module.write(id);
        unsigned(module, content.length);
        module.writeBytes(content);
    }

    private static void unsigned(ByteArrayOutputStream out, int value) {
        int left = value;
        while (left >= 0x80) {
            out.write(left & 0x7f | 0x80);
            left >>>= 7;
        }
        out.write(left);
    }

    private CompileBombs() {}
}

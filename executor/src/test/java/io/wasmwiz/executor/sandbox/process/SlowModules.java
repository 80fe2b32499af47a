package io.wasmwiz.executor.sandbox.process;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Modules that the static rules accept and that the engine's compiler is busy with for long. */
final class SlowModules {
    private static final int FUNCTIONS = 24;
    private static final int DIVISIONS = 48_000;

    /** As many functions with as many divisions as are allowed: ten seconds of compiling, at least. */
    static byte[] slow() {
        try {
            var module = new ByteArrayOutputStream();
            module.write(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
            section(module, 1, new byte[] {1, 0x60, 0, 0});
            var functions = new ByteArrayOutputStream();
            number(functions, FUNCTIONS);
            functions.write(new byte[FUNCTIONS]);
            section(module, 3, functions.toByteArray());
            section(module, 7, new byte[] {1, 6, '_', 's', 't', 'a', 'r', 't', 0, 0});
            var code = new ByteArrayOutputStream();
            number(code, FUNCTIONS);
            byte[] body = body();
            for (int i = 0; i < FUNCTIONS; i++) {
                number(code, body.length);
                code.write(body);
            }
            section(module, 10, code.toByteArray());
            return module.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each instruction that may trap becomes a block of its own for the compiler. */
    private static byte[] body() throws IOException {
        var body = new ByteArrayOutputStream();
        body.write(new byte[] {1, 2, 0x7f});
        for (int i = 0; i < DIVISIONS; i++) {
            // local.get 0, local.get 1, i32.div_s, local.set 0
            body.write(new byte[] {0x20, 0, 0x20, 1, 0x6d, 0x21, 0});
        }
        body.write(0x0b);
        return body.toByteArray();
    }

    private static void section(ByteArrayOutputStream module, int id, byte[] content) throws IOException {
        module.write(id);
        number(module, content.length);
        module.write(content);
    }

    private static void number(ByteArrayOutputStream out, int value) {
        int left = value;
        for (; left >= 0x80; left >>>= 7) {
            out.write(left & 0x7f | 0x80);
        }
        out.write(left);
    }

    private SlowModules() {}
}

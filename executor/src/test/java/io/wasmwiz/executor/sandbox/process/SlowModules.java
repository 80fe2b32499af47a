package io.wasmwiz.executor.sandbox.process;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Modules that the static rules accept and that the engine's compiler is busy with for long. */
final class SlowModules {
    private static final int FUNCTIONS = 40;
    private static final int LOCALS = 4_000;
    private static final int LOOPS = 1_400;

    /** Functions of as many locals and loops as are allowed: half a minute of compiling, at least. */
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

    /** Each loop copies one local to another and never repeats. */
    private static byte[] body() throws IOException {
        var body = new ByteArrayOutputStream();
        body.write(1);
        number(body, LOCALS);
        body.write(0x7e);
        for (int i = 0; i < LOOPS; i++) {
            body.write(new byte[] {0x03, 0x40, 0x20});
            number(body, i);
            body.write(0x21);
            number(body, LOCALS - 1 - i);
            body.write(new byte[] {0x41, 0, 0x0d, 0, 0x0b});
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

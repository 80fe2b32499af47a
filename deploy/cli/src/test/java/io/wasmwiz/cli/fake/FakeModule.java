package io.wasmwiz.cli.fake;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Modules of the fake server: the header of a core module, then words that say what the guest does. */
public final class FakeModule {
    private static final byte[] HEADER = {0, 'a', 's', 'm', 1, 0, 0, 0};

    private FakeModule() {}

    /**
     * A module that does what {@code script} says: {@code upper}, {@code args}, {@code exit N}, {@code trap},
     * {@code timeout}, {@code memory}, {@code crash}, {@code cancelled}.
     */
    public static byte[] of(String script) {
        byte[] text = script.getBytes(StandardCharsets.UTF_8);
        byte[] module = Arrays.copyOf(HEADER, HEADER.length + text.length);
        System.arraycopy(text, 0, module, HEADER.length, text.length);
        return module;
    }

    /** Like {@link #of}, at least {@code bytes} long. */
    public static byte[] padded(String script, int bytes) {
        return of(script + " ".repeat(bytes));
    }

    static String script(byte[] module) {
        return new String(module, HEADER.length, module.length - HEADER.length, StandardCharsets.UTF_8).strip();
    }
}

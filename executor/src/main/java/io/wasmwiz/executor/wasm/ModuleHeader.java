package io.wasmwiz.executor.wasm;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** The eight bytes before the first section, and what people upload by mistake. */
final class ModuleHeader {
    static final int BYTES = 8;

    private static final int MAGIC = 0x0061_736d;
    private static final Pattern TEXT = Pattern.compile("\\(\\s*+(?:module|component|func|import|memory)\\b");

    private static final int TEXT_PROBE_BYTES = 4_096;

    static void check(byte[] bytes, ModulePolicyConfig config) throws ModuleRefusedException {
        if (bytes.length == 0) {
            throw new ModuleRefusedException("MODULE_EMPTY", "the module has no bytes");
        }
        if (bytes.length > config.maxModuleBytes()) {
            throw new ModuleRefusedException(
                            "MODULE_TOO_LARGE",
                            "the module has " + bytes.length + " bytes; at most " + config.maxModuleBytes()
                                    + " are allowed")
                    .beyond(bytes.length, config.maxModuleBytes());
        }
        for (int i = 0; i < Math.min(4, bytes.length); i++) {
            if (bytes[i] != (byte) (MAGIC >>> (24 - 8 * i))) {
                throw notWasm(bytes);
            }
        }
        if (bytes.length < BYTES) {
            throw new ModuleRefusedException(
                            "MODULE_TRUNCATED",
                            "the module ends within its header: " + bytes.length + " bytes were given")
                    .at(bytes.length)
                    .with("actual", bytes.length);
        }
        int version = (bytes[4] & 0xff) | (bytes[5] & 0xff) << 8;
        int layer = (bytes[6] & 0xff) | (bytes[7] & 0xff) << 8;
        if (layer == 1) {
            throw new ModuleRefusedException(
                    "MODULE_IS_COMPONENT",
                    "this is a component; a core module is needed: build for wasm32-wasi (preview1), for example with the"
                            + " target wasm32-wasip1");
        }
        if (version != 1 || layer != 0) {
            throw new ModuleRefusedException(
                    "MODULE_NOT_WASM",
                    "the binary format has version " + version + " (layer " + layer + "); version 1 is needed");
        }
    }

    private static ModuleRefusedException notWasm(byte[] bytes) {
        String start = new String(bytes, 0, Math.min(bytes.length, TEXT_PROBE_BYTES), StandardCharsets.ISO_8859_1);
        return new ModuleRefusedException(
                "MODULE_NOT_WASM",
                isText(start)
                        ? "this is WebAssembly text; compile it with wat2wasm"
                        : "this is not a WebAssembly module: it does not start with the bytes 00 61 73 6d");
    }

    /** Whether white space and comments lead to a parenthesis and a keyword of the text format. */
    private static boolean isText(String start) {
        int at = 0;
        while (at < start.length()) {
            if (start.startsWith(";;", at) || start.startsWith("(;", at)) {
                String close = start.charAt(at) == ';' ? "\n" : ";)";
                int closed = start.indexOf(close, at + 2);
                at = closed < 0 ? start.length() : closed + close.length();
            } else if (Character.isWhitespace(start.charAt(at))) {
                at++;
            } else {
                return TEXT.matcher(start).region(at, start.length()).lookingAt();
            }
        }
        return false;
    }

    private ModuleHeader() {}
}

package io.wasmwiz.executor.sandbox.wasmtime;

import io.github.kawamuray.wasmtime.WasmtimeException;
import java.util.stream.Collectors;

/** The engine's messages, fit for a tenant: one line, bounded, without backtraces. */
final class EngineText {
    private static final int CHARACTERS = 500;

    static String plain(WasmtimeException e) {
        return plain(String.valueOf(e.getMessage()));
    }

    static String plain(String message) {
        String text = message.lines()
                .map(String::strip)
                .takeWhile(line -> !line.startsWith("Stack backtrace"))
                .filter(line -> !line.isEmpty())
                .limit(8)
                .collect(Collectors.joining(" "));
        return text.length() <= CHARACTERS ? text : text.substring(0, CHARACTERS);
    }

    private EngineText() {}
}

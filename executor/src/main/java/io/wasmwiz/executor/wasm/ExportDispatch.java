package io.wasmwiz.executor.wasm;

import io.wasmwiz.executor.sandbox.Signature;
import io.wasmwiz.executor.sandbox.ValueType;
import io.wasmwiz.executor.wasm.ParsedModule.Export;
import io.wasmwiz.executor.wasm.SandboxModule.Invocable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How one export of a module without {@code _start} is called, whatever its type, by a function of type {@code () -> ()}
 * like a command's: appended globals say which one and hold its arguments as bits, then its results. So no type but i64
 * crosses the engine's binding, NaNs keep their bits, and the call traps, stops and starts anew as a command does.
 */
final class ExportDispatch {
    /** Longest name of a function that can be invoked. */
    static final int NAME_CHARACTERS = 255;

    private final Map<Export, Invocable> invocables;
    private final int selected;
    private final int values;

    private ExportDispatch(Map<Export, Invocable> invocables, int firstGlobal) {
        this.invocables = invocables;
        this.selected = firstGlobal;
        this.values = invocables.values().stream()
                .map(Invocable::signature)
                .mapToInt(signature -> Math.max(
                        signature.parameters().size(), signature.results().size()))
                .max()
                .orElse(0);
    }

    /** For a module without {@code _start}. */
    static Optional<ExportDispatch> of(ParsedModule module, int firstGlobal) {
        return module.exportedFunction(ModulePolicy.START).isPresent()
                ? Optional.empty()
                : Optional.of(new ExportDispatch(invocables(module), firstGlobal));
    }

    /** The functions among the exports that an author is told of, if they can be called with numbers. */
    static Map<Export, Invocable> invocables(ParsedModule module) {
        Map<Export, Invocable> invocables = new LinkedHashMap<>();
        module.exports().stream()
                .limit(Findings.LISTED)
                .filter(export -> export.kind() == ParsedModule.KIND_FUNCTION
                        && !export.name().equals(ModulePolicy.INITIALIZE)
                        && export.name().codePointCount(0, export.name().length()) <= NAME_CHARACTERS)
                .forEach(export -> Signature.parse(
                                module.spaces().typeOf(export.index()).toString())
                        .ifPresent(signature -> invocables.put(export, new Invocable(invocables.size(), signature))));
        return invocables;
    }

    Map<String, Invocable> functions() {
        Map<String, Invocable> functions = new LinkedHashMap<>();
        invocables.forEach((export, function) -> functions.put(export.name(), function));
        return functions;
    }

    List<WasmWriter> globals() {
        List<WasmWriter> globals = new ArrayList<>();
        globals.add(new WasmWriter(16).bytes(ValueTypes.I32, 1, 0x41, 0x7f, 0x0b));
        for (int i = 0; i < values; i++) {
            globals.add(new WasmWriter(16).bytes(ValueTypes.I64, 1, 0x42, 0, 0x0b));
        }
        return globals;
    }

    void export(WasmWriter section) {
        section.name(SandboxRewrite.SELECTED).bytes(3).u32(selected);
        for (int i = 0; i < values; i++) {
            section.name(SandboxRewrite.VALUE + i).bytes(3).u32(value(i));
        }
    }

    private int value(int number) {
        return selected + 1 + number;
    }

    /**
     * For every function, and nothing when none is selected:
     *
     * <pre>{@code
     * (if (i32.eq (global.get $selected) (i32.const number))
     *   (then
     *     (call $function (i32.wrap_i64 (global.get $value_0)) …)
     *     (global.set $value_1 (i64.reinterpret_f64 …)) (global.set $value_0 …)
     *     (return)))
     * }</pre>
     */
    void call(WasmWriter body) {
        invocables.forEach((export, function) -> {
            body.bytes(0x23).u32(selected).bytes(0x41).s64(function.number()).bytes(0x46, 0x04, 0x40);
            List<ValueType> parameters = function.signature().parameters();
            for (int i = 0; i < parameters.size(); i++) {
                body.bytes(0x23).u32(value(i)).bytes(fromBits(parameters.get(i)));
            }
            body.bytes(0x10).u32(export.index());
            List<ValueType> results = function.signature().results();
            for (int i = results.size() - 1; i >= 0; i--) {
                body.bytes(toBits(results.get(i))).bytes(0x24).u32(value(i));
            }
            body.bytes(0x0f, 0x0b);
        });
    }

    private static int[] fromBits(ValueType type) {
        return switch (type) {
            case I32 -> new int[] {0xa7};
            case I64 -> new int[0];
            case F32 -> new int[] {0xa7, 0xbe};
            case F64 -> new int[] {0xbf};
        };
    }

    private static int[] toBits(ValueType type) {
        return switch (type) {
            case I32 -> new int[] {0xad};
            case I64 -> new int[0];
            case F32 -> new int[] {0xbc, 0xad};
            case F64 -> new int[] {0xbd};
        };
    }
}

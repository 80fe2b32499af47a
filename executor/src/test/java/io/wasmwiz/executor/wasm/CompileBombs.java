package io.wasmwiz.executor.wasm;

import static io.wasmwiz.executor.sandbox.CompileBombs.wideLoops;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Modules that take the compiler far more than their size: each shape aborted or stalled it at the size at which the
 * policy's figures for a function are passed several times, and is here as large as the policy lets through, or larger.
 */
public final class CompileBombs {
    private static final int I32 = ValueTypes.I32;
    private static final int F64 = 0x7c;
    private static final int EXTERNREF = ValueTypes.EXTERNREF;
    private static final int FUNCREF = ValueTypes.FUNCREF;

    /** By shape, each of about {@code work} (see {@link FunctionCost}); the work that the policy allows is its default. */
    public static Map<String, byte[]> ofWork(long work) {
        var bombs = new LinkedHashMap<String, byte[]>();
        bombs.put("calls with ten parameters and results", calls(10, (int) (work / 540)));
        bombs.put("calls with a thousand parameters and results", calls(1_000, (int) (work / 52_000)));
        bombs.put("indirect calls", tableUse(FUNCREF, (int) (work / 420), body -> body.bytes(0x41, 0, 0x11, 0, 0)));
        bombs.put(
                "externrefs put into a table",
                tableUse(EXTERNREF, (int) (work / 420), body -> body.bytes(0x41, 0, 0x20, 0, 0x26, 0)));
        bombs.put(
                "functions taken from a table",
                tableUse(FUNCREF, (int) (work / 420), body -> body.bytes(0x41, 0, 0x25, 0, 0x1a)));
        bombs.put("externrefs alive across calls", references(60, (int) (work / 300)));
        bombs.put("divisions", repeated(I32, (int) (work / 80), body -> body.bytes(0x20, 0, 0x20, 1, 0x6d, 0x21, 0)));
        bombs.put(
                "signs copied between floats",
                repeated(F64, (int) (work / 28), body -> body.bytes(0x20, 0, 0x20, 1, 0xa6, 0x21, 0)));
        bombs.put("loops within loops", loopsWithin(mostLoops(work, 9)));
        bombs.put("loops one after the other", loopsAfter(mostLoops(work, 0)));
        bombs.put("loops that carry values", wideLoops(300, (int) (work / 53_000)));
        bombs.put("branches", repeated(I32, (int) (work / 76), body -> body.bytes(0x02, 0x40, 0x20, 0, 0x0d, 0, 0x0b)));
        return bombs;
    }

    private static byte[] calls(int values, int count) {
        var body = new WasmWriter(64).bytes(0);
        repeat(values, i -> body.bytes(0x41, 0));
        repeat(count, i -> body.bytes(0x10, 1));
        repeat(values, i -> body.bytes(0x1a));
        var identity = new WasmWriter(64).bytes(0);
        repeat(values, i -> identity.bytes(0x20).u32(i));
        var type = new WasmWriter(64).bytes(0x60).u32(values);
        repeat(values, i -> type.bytes(I32));
        type.u32(values);
        repeat(values, i -> type.bytes(I32));
        return module(type, new int[] {0, 1}, null, body, identity);
    }

    private static byte[] tableUse(int element, int count, java.util.function.Consumer<WasmWriter> use) {
        var body = new WasmWriter(64).bytes(1, 1, element);
        repeat(count, i -> use.accept(body));
        return module(null, new int[] {0}, new WasmWriter(8).bytes(1, element, 0, 10), body);
    }

    private static byte[] references(int locals, int calls) {
        var body = new WasmWriter(64).bytes(1).u32(locals).bytes(EXTERNREF);
        repeat(locals, i -> body.bytes(0x41, 0, 0x25, 0, 0x21).u32(i));
        repeat(calls, i -> body.bytes(0x10, 1));
        repeat(locals, i -> body.bytes(0x41, 0, 0x20).u32(i).bytes(0x26, 0));
        return module(
                null, new int[] {0, 0}, new WasmWriter(8).bytes(1, EXTERNREF, 0, 10), body, new WasmWriter(4).bytes(0));
    }

    private static byte[] repeated(int local, int count, java.util.function.Consumer<WasmWriter> use) {
        var body = new WasmWriter(64).bytes(1, 2, local);
        repeat(count, i -> use.accept(body));
        return module(null, new int[] {0}, null, body);
    }

    /** How many loops are of that work, when {@code squared} times the square of their number comes on top of the cube. */
    private static int mostLoops(long work, int squared) {
        int loops = 0;
        while ((long) loops * loops * loops / 100 + (long) squared * loops * loops + 150L * loops < work) {
            loops++;
        }
        return loops - 1;
    }

    private static byte[] loopsAfter(int count) {
        var body = new WasmWriter(64).bytes(1, 2, I32);
        repeat(count, i -> body.bytes(0x03, 0x40, 0x20, 0, 0x41, 1, 0x6a, 0x21, 1, 0x20, 1, 0x0d, 0, 0x0b));
        return module(null, new int[] {0}, null, body);
    }

    private static byte[] loopsWithin(int depth) {
        var body = new WasmWriter(64).bytes(1, 2, I32);
        repeat(depth, i -> body.bytes(0x03, 0x40));
        body.bytes(0x20, 0, 0x41, 1, 0x6a, 0x21, 1);
        repeat(depth, i -> body.bytes(0x20, i & 1, 0x0d, 0, 0x0b));
        return module(null, new int[] {0}, null, body);
    }

    private static byte[] module(
            @org.jspecify.annotations.Nullable WasmWriter secondType,
            int[] functionTypes,
            @org.jspecify.annotations.Nullable WasmWriter table,
            WasmWriter... bodies) {
        var types = new WasmWriter(64).u32(secondType == null ? 1 : 2).bytes(0x60, 0, 0);
        if (secondType != null) {
            types.copy(secondType.toByteArray(), 0, secondType.length());
        }
        var functions = new WasmWriter(8).u32(functionTypes.length).bytes(functionTypes);
        var code = new WasmWriter(64).u32(bodies.length);
        List.of(bodies).forEach(body -> code.sized(body.bytes(0x0b)));
        var module = new WasmWriter(64)
                .bytes(0, 'a', 's', 'm', 1, 0, 0, 0)
                .section(1, types)
                .section(3, functions);
        if (table != null) {
            module.section(4, table);
        }
        return module.section(7, new WasmWriter(16).u32(1).name("_start").bytes(0, 0))
                .section(10, code)
                .toByteArray();
    }

    private static void repeat(int times, IntConsumer action) {
        for (int i = 0; i < times; i++) {
            action.accept(i);
        }
    }

    private CompileBombs() {}
}

package io.wasmwiz.executor.wasm;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The index spaces of a module as far as its sections were read: what an index may name, and with which type. Filled by
 * {@link ModuleParser} in section order, which is the order in which the spaces are complete. Not thread-safe.
 */
final class ModuleSpaces {
    final List<FunctionType> types = new ArrayList<>();
    /** Type index of each function, imports first. */
    final IntVector functions = new IntVector();
    /** Letter of each table's elements. */
    final StringBuilder tables = new StringBuilder();
    /** Letter of each global. */
    final StringBuilder globals = new StringBuilder();

    final BitSet mutableGlobals = new BitSet();
    /** Letter of each element segment. */
    final StringBuilder elements = new StringBuilder();
    /** Functions that something outside of the bodies names, which bodies may take references to. */
    final BitSet declared = new BitSet();

    boolean hasMemory;
    /** As announced before the code section; negative: not announced. */
    long announcedData = -1;

    FunctionType typeOf(int function) {
        return types.get(functions.get(function));
    }
}

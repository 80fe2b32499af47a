package io.wasmwiz.executor.wasm;

import java.util.Arrays;
import java.util.Set;

/**
 * Walks one body after the other, instruction by instruction: refuses what we do not run, checks every immediate
 * against the module's index spaces and the nesting of blocks, finds the instructions that the rewrite changes, and adds
 * up what compiling takes. What lies on the operand stack is left to the engine. Not thread-safe.
 */
final class InstructionWalker {
    /** Alignment, as a power of two, of the values that 0x28 to 0x3e load and store. */
    private static final String NATURAL_ALIGNMENT = "23230011001122" + "232301012";

    // Compile time in units of about a quarter of a microsecond, as measured in bodies that hold little else.
    private static final int INSTRUCTION_WORK = 4;
    private static final int ARITHMETIC_WORK = 8;
    private static final int ACCESS_WORK = 16;
    private static final int BLOCK_WORK = 10;
    private static final int BLOCK_VALUE_WORK = 8;
    private static final int BRANCH_WORK = 40;
    private static final int LOOP_DEPTH_WORK = 16;
    /** The compiler lets what a loop carries swap places on every way back, in memory once registers are spent. */
    private static final int LOOP_VALUE_WORK = 160;
    /**
     * All loops of a function together take the compiler a time with the cube of their number, nested or not: measured, 500
     * take 0.4 s, 1,000 take 2.5 s and 2,000 take 20 s. This many cubed are one unit.
     */
    private static final int LOOPS_CUBED_PER_WORK = 100;

    private static final int TARGET_WORK = 20;
    private static final int CALL_WORK = 40;
    private static final int CALL_VALUE_WORK = 24;
    private static final int CHECKED_ARITHMETIC_WORK = 60;
    private static final int CHECKED_TRUNCATION_WORK = 100;
    private static final int BUILT_IN_WORK = 200;
    private static final int TABLE_WORK = 400;

    /** Kinds of block on the control stack. */
    private static final int BLOCK = 0;

    private static final int IF = 1;
    private static final int LOOP = 2;

    /** A branch that goes back makes the compiler join the values of every local anew, which forward ones seldom do. */
    private static final int LOOP_BRANCHES = 4;

    /** Instructions of a module whose operand is kept for the case that they trap. */
    private static final int MAX_OPERAND_SITES = 500_000;

    private final ModuleSpaces spaces;
    private final Set<Feature> features;
    private final TableInstructions tables;

    /** Offsets of {@code memory.grow}. */
    private final IntVector growths = new IntVector();
    /** Offsets of instructions whose operand decides why they trap. */
    private final IntVector operandSites = new IntVector();

    /** Per open block its kind, and how many values a branch to it carries. */
    private final IntVector kinds = new IntVector();

    private final IntVector carried = new IntVector();

    private int locals;
    private int openLoops;
    private long loops;
    private boolean usesFunctionReferences;
    private boolean growsTables;
    private boolean changesTablesOrSegments;
    private long branches;
    private long safepoints;
    private long work;

    InstructionWalker(ModuleSpaces spaces, Set<Feature> features) {
        this.spaces = spaces;
        this.features = features;
        this.tables = new TableInstructions(spaces, features);
    }

    /** Blocks, branches and what becomes such in machine code; one for a loop or back to it counts four. Of the last body. */
    long branches() {
        return branches;
    }

    /** Where the compiler notes which references are alive. Of the last body. */
    long safepoints() {
        return safepoints;
    }

    /** See {@link FunctionCost#work}. Of the last body, its locals left out. */
    long work() {
        return work;
    }

    /** Whether {@code ref.func} occurred in any body. */
    boolean usesFunctionReferences() {
        return usesFunctionReferences;
    }

    /** Whether {@code memory.grow} occurred in any body. */
    boolean growsMemory() {
        return growths.size() > 0;
    }

    /** Whether {@code table.grow} occurred in any body. */
    boolean growsTables() {
        return growsTables;
    }

    /** Whether an instruction occurred in any body that changes a table or a segment, or copies from a segment. */
    boolean changesTablesOrSegments() {
        return changesTablesOrSegments;
    }

    /** Sites of all bodies, ascending; too many operands are none, for each costs the rewritten module a few bytes. */
    int[] sites() {
        if (operandSites.size() > MAX_OPERAND_SITES) {
            return growths.toArray();
        }
        int[] operands = operandSites.toArray();
        int[] sites = Arrays.copyOf(growths.toArray(), growths.size() + operands.length);
        System.arraycopy(operands, 0, sites, growths.size(), operands.length);
        Arrays.sort(sites);
        return sites;
    }

    /** Up to the {@code end} that closes the body, which must be its last byte. */
    void walk(WasmReader in, FunctionType type, int localCount) throws ModuleRefusedException {
        locals = localCount;
        openLoops = 0;
        loops = 0;
        branches = 0;
        safepoints = 0;
        work = 0;
        kinds.clear();
        carried.clear();
        open(BLOCK, type.results().length());
        while (kinds.size() > 0) {
            int at = in.position();
            int opcode = in.u8();
            work += INSTRUCTION_WORK;
            if (opcode <= 0x11) {
                control(in, at, opcode);
            } else if (opcode >= 0x28 && opcode <= 0x3e) {
                memoryAccess(in, at, opcode);
            } else {
                other(in, at, opcode);
            }
        }
        in.requireEnd("a function body");
        work += loops * loops * loops / LOOPS_CUBED_PER_WORK;
    }

    private void control(WasmReader in, int at, int opcode) throws ModuleRefusedException {
        switch (opcode) {
            case 0x00, 0x01, 0x0f -> {
                // unreachable, nop and return have no immediates
            }
            case 0x02, 0x03, 0x04 -> block(in, opcode);
            case 0x05 -> {
                if (kinds.fromEnd(0) != IF) {
                    throw in.malformedAt(at, "an else that belongs to no if");
                }
                kinds.removeLast();
                kinds.add(BLOCK);
                branches++;
                work += BRANCH_WORK;
            }
            case 0x0b -> {
                if (kinds.fromEnd(0) == LOOP) {
                    openLoops--;
                }
                kinds.removeLast();
                carried.removeLast();
            }
            case 0x0c, 0x0d -> {
                branch(in);
                work += BRANCH_WORK;
            }
            case 0x0e -> branchTable(in);
            case 0x10 -> call(spaces.typeOf(in.index("function", spaces.functions.size())), CALL_WORK);
            case Opcodes.CALL_INDIRECT -> {
                operandSites.add(at);
                FunctionType type = spaces.types.get(in.index("type", spaces.types.size()));
                tables.requireFunctions(in);
                call(type, TABLE_WORK);
            }
            default -> throw unsupported(in, at, opcode);
        }
    }

    private void block(WasmReader in, int opcode) throws ModuleRefusedException {
        int at = in.position();
        long index = in.signed(33);
        int parameters = 0;
        int results = 0;
        if (index >= spaces.types.size()) {
            throw in.malformedAt(at, "type " + index + " does not exist; there are " + spaces.types.size());
        }
        if (index >= 0) {
            FunctionType type = spaces.types.get((int) index);
            parameters = type.parameters().length();
            results = type.results().length();
            features.add(Feature.MULTI_VALUE);
        } else if (index != -0x40) {
            // A value type, whose one byte was just read as a negative number.
            ValueTypes.letter(in.again(at));
            results = 1;
        }
        branches += opcode == 0x03 ? LOOP_BRANCHES : 1;
        if (opcode == 0x03) {
            // The compiler looks at the loops around a loop.
            work += (long) LOOP_DEPTH_WORK * ++openLoops + (long) LOOP_VALUE_WORK * parameters;
            loops++;
        }
        work += opcode == 0x02 ? BLOCK_WORK : BRANCH_WORK;
        work += (long) BLOCK_VALUE_WORK * (parameters + results);
        open(opcode == 0x04 ? IF : opcode == 0x03 ? LOOP : BLOCK, opcode == 0x03 ? parameters : results);
    }

    private void open(int kind, int values) {
        kinds.add(kind);
        carried.add(values);
    }

    /** One target more than announced: the default. */
    private void branchTable(WasmReader in) throws ModuleRefusedException {
        for (int targets = in.count("branch targets", in.remaining()); targets >= 0; targets--) {
            branch(in);
            work += TARGET_WORK;
        }
    }

    private void branch(WasmReader in) throws ModuleRefusedException {
        int label = in.index("label", kinds.size());
        branches += kinds.fromEnd(label) == LOOP ? LOOP_BRANCHES : 1;
        work += carried.fromEnd(label);
    }

    private void call(FunctionType type, int dispatch) {
        safepoints++;
        work += dispatch
                + (long) CALL_VALUE_WORK
                        * (type.parameters().length() + type.results().length());
    }

    private void memoryAccess(WasmReader in, int at, int opcode) throws ModuleRefusedException {
        requireMemory(in, at);
        long alignment = in.u32();
        if (alignment >= 64) {
            throw Features.refused("multiple memories", at);
        }
        int natural = NATURAL_ALIGNMENT.charAt(opcode - 0x28) - '0';
        if (alignment > natural) {
            throw in.malformedAt(
                    at, "an access is aligned to 2^" + alignment + " bytes; at most 2^" + natural + " is allowed");
        }
        in.u32();
        work += ACCESS_WORK;
    }

    private void other(WasmReader in, int at, int opcode) throws ModuleRefusedException {
        switch (opcode) {
            case 0x1a, 0x1b -> {
                // drop and select have no immediates
            }
            case 0x1c -> select(in);
            case 0x20, 0x21, 0x22 -> in.index("local", locals);
            case 0x23 -> in.index("global", spaces.globals.length());
            case 0x24 -> {
                if (!spaces.mutableGlobals.get(in.index("global", spaces.globals.length()))) {
                    throw in.malformedAt(at, "a global that is constant is set");
                }
            }
            case 0x3f -> {
                memoryIndex(in, at);
                work += ACCESS_WORK;
            }
            case Opcodes.MEMORY_GROW -> {
                memoryIndex(in, at);
                growths.add(at);
                call(FunctionType.COMMAND, BUILT_IN_WORK);
            }
            case 0x41 -> in.signed(32);
            case 0x42 -> in.signed(64);
            case 0x43 -> in.skip(4);
            case 0x44 -> in.skip(8);
            case 0x25, 0x26, 0xd0, 0xd1, 0xd2 -> reference(in, at, opcode);
            case 0xfc -> prefixed(in, at);
            default -> numeric(in, at, opcode);
        }
    }

    private void select(WasmReader in) throws ModuleRefusedException {
        int at = in.position();
        long count = in.u32();
        if (count != 1) {
            throw in.malformedAt(at, "a select has " + count + " types; it must have 1");
        }
        ValueTypes.letter(in);
        features.add(Feature.REFERENCE_TYPES);
    }

    private void numeric(WasmReader in, int at, int opcode) throws ModuleRefusedException {
        if (opcode < 0x45 || opcode > 0xc4) {
            throw unsupported(in, at, opcode);
        }
        if (opcode >= 0xc0) {
            features.add(Feature.SIGN_EXTENSION);
        }
        if (Opcodes.operandOf(opcode) != null) {
            operandSites.add(at);
        }
        work += ofNumeric(opcode);
    }

    /** What becomes more than an instruction or two of machine code. */
    private static int ofNumeric(int opcode) {
        if (opcode >= 0xa8 && opcode <= 0xb1 && opcode != 0xac && opcode != 0xad) {
            // Truncations trap on what does not fit.
            return CHECKED_TRUNCATION_WORK;
        }
        if (opcode >= 0x6d && opcode <= 0x70 || opcode >= 0x7f && opcode <= 0x82) {
            // So do division and remainder.
            return CHECKED_ARITHMETIC_WORK;
        }
        // Floating-point arithmetic and conversions, and counting bits.
        return opcode >= 0x8b || opcode >= 0x67 && opcode <= 0x69 || opcode >= 0x79 && opcode <= 0x7b
                ? ARITHMETIC_WORK
                : 0;
    }

    private void reference(WasmReader in, int at, int opcode) throws ModuleRefusedException {
        features.add(Feature.REFERENCE_TYPES);
        if (opcode == 0xd2) {
            int function = in.index("function", spaces.functions.size());
            if (!spaces.declared.get(function)) {
                throw in.malformedAt(
                        at,
                        "a reference to function " + function
                                + " is taken, which no export, global or element segment names");
            }
            usesFunctionReferences = true;
            call(FunctionType.COMMAND, BUILT_IN_WORK);
        } else if (opcode == 0xd0) {
            ValueTypes.reference(in);
        } else if (opcode != 0xd1) {
            changesTablesOrSegments |= opcode == 0x26;
            charge(tables.access(in));
        }
    }

    /** Saturating conversions and bulk operations. */
    private void prefixed(WasmReader in, int at) throws ModuleRefusedException {
        long opcode = in.u32();
        if (opcode > 17) {
            throw in.malformedAt(at, "the instruction 0xfc " + opcode + " does not exist");
        }
        if (opcode <= 7) {
            features.add(Feature.SATURATING_FLOAT_TO_INT);
            work += CHECKED_TRUNCATION_WORK;
            return;
        }
        switch ((int) opcode) {
            case 8 -> {
                changesTablesOrSegments = true;
                data(in, at);
                memoryIndex(in, at);
            }
            case 9 -> {
                changesTablesOrSegments = true;
                data(in, at);
            }
            case 10 -> {
                memoryIndex(in, at);
                memoryIndex(in, at);
            }
            case 11 -> memoryIndex(in, at);
            default -> {
                growsTables |= opcode == 15;
                changesTablesOrSegments |= opcode != 16;
                tables.bulk(in, (int) opcode);
            }
        }
        features.add(opcode < 15 ? Feature.BULK_MEMORY : Feature.REFERENCE_TYPES);
        call(FunctionType.COMMAND, BUILT_IN_WORK);
    }

    /** A table access is machine code with branches of its own, and calls the engine for what the table does not have. */
    private void charge(char element) {
        branches += element == 'x' ? 6 : 2;
        safepoints++;
        work += TABLE_WORK;
    }

    private void data(WasmReader in, int at) throws ModuleRefusedException {
        if (spaces.announcedData < 0) {
            throw in.malformedAt(at, "a data segment is used, which needs a data count section");
        }
        in.index("data segment", (int) spaces.announcedData);
    }

    private void memoryIndex(WasmReader in, int at) throws ModuleRefusedException {
        if (in.u8() != 0) {
            throw Features.refused("multiple memories", at);
        }
        requireMemory(in, at);
    }

    private void requireMemory(WasmReader in, int at) throws ModuleRefusedException {
        if (!spaces.hasMemory) {
            throw in.malformedAt(at, "memory is used, and the module has none");
        }
    }

    private static ModuleRefusedException unsupported(WasmReader in, int at, int opcode) {
        String feature = Features.ofOpcode(opcode);
        return feature == null
                ? in.malformedAt(at, "the instruction 0x" + Integer.toHexString(opcode) + " does not exist")
                : Features.refused(feature, at);
    }
}

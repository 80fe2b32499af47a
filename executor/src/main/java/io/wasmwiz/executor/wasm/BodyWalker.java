package io.wasmwiz.executor.wasm;

import java.util.Arrays;
import java.util.List;

/**
 * Walks the code section instruction by instruction: refuses what we do not run, checks the indices that the rewrite
 * depends on, finds the instructions that it changes, and measures how hard a function is to compile. Linear time; memory
 * in proportion to the number of functions and of such instructions.
 */
final class BodyWalker {
    /** Instructions of a module whose operand is kept for the case that they trap. */
    private static final int MAX_OPERAND_SITES = 500_000;
    /** Parameters and results of a block that are no burden; compilers leave none or one. */
    private static final int NARROW_BLOCK_VALUES = 16;

    private final byte[] bytes;
    private final ModulePolicyConfig config;
    private final List<FunctionType> types;
    private final int[] functionTypes;
    private final int functions;
    private final int globals;
    private int[] sites = new int[4];
    private int siteCount;
    private int growths;
    private boolean growsTables;
    private boolean usesFunctionReferences;
    private long blocks;
    private long wideBlockValues;

    BodyWalker(
            byte[] bytes,
            ModulePolicyConfig config,
            List<FunctionType> types,
            int[] functionTypes,
            int functions,
            int globals) {
        this.bytes = bytes;
        this.config = config;
        this.types = types;
        this.functionTypes = functionTypes;
        this.functions = functions;
        this.globals = globals;
    }

    FunctionBodies walk(WasmReader in) throws ModuleRefusedException {
        int count = in.count("function bodies", config.maxFunctions());
        if (count != functionTypes.length) {
            throw in.malformed(functionTypes.length + " functions are declared and " + count + " have a body");
        }
        var starts = new int[count];
        var ends = new int[count];
        int largest = 0;
        long complexity = 0;
        for (int i = 0; i < count; i++) {
            WasmReader body = in.sized();
            starts[i] = body.position();
            ends[i] = body.end();
            int size = body.remaining();
            int function = functions - count + i;
            if (size > config.maxFunctionBytes()) {
                throw tooComplex(function, size + " bytes", config.maxFunctionBytes());
            }
            long locals = locals(
                    body, function, types.get(functionTypes[i]).parameters().length());
            blocks = 0;
            wideBlockValues = 0;
            instructions(body);
            largest = Math.max(largest, size);
            // Values that a block takes or leaves are carried from block to block as locals are.
            long product = (Math.max(locals, 1) + wideBlockValues) * blocks;
            if (product > config.maxComplexity()) {
                throw tooComplex(
                        function,
                        locals + " locals, " + wideBlockValues + " parameters and results of wide blocks and " + blocks
                                + " block-like instructions, a product of " + product,
                        config.maxComplexity());
            }
            complexity = Math.max(complexity, product);
        }
        return new FunctionBodies(
                starts, ends, keptSites(), growths > 0, growsTables, usesFunctionReferences, largest, complexity);
    }

    /** All of them; only the growths when there are too many, for each costs the rewritten module a few bytes. */
    private int[] keptSites() {
        if (siteCount - growths <= MAX_OPERAND_SITES) {
            return Arrays.copyOf(sites, siteCount);
        }
        return Arrays.stream(sites, 0, siteCount).filter(this::isGrowth).toArray();
    }

    private boolean isGrowth(int site) {
        return (bytes[site] & 0xff) == Opcodes.MEMORY_GROW;
    }

    private long locals(WasmReader in, int function, int parameters) throws ModuleRefusedException {
        long locals = parameters;
        for (int groups = in.count("groups of locals", config.maxLocals()); groups > 0; groups--) {
            locals += in.u32();
            if (locals > config.maxLocals()) {
                throw tooComplex(function, locals + " locals", config.maxLocals());
            }
            ValueTypes.letter(in);
        }
        return locals;
    }

    /** Up to the {@code end} that closes the body, which must be its last byte. */
    private void instructions(WasmReader in) throws ModuleRefusedException {
        int depth = 1;
        while (depth > 0) {
            int at = in.position();
            int opcode = in.u8();
            switch (opcode) {
                case 0x02, 0x03, 0x04 -> {
                    blockType(in);
                    blocks++;
                    depth++;
                }
                case 0x05 -> blocks++;
                case 0x0b -> depth--;
                case 0x0c, 0x0d -> in.index("label", depth);
                case 0x0e -> {
                    for (int targets = in.count("branch targets", config.maxFunctionBytes()); targets >= 0; targets--) {
                        in.index("label", depth);
                    }
                }
                case 0x10 -> in.index("function", functions);
                case Opcodes.CALL_INDIRECT -> {
                    in.index("type", types.size());
                    in.u32();
                    site(at);
                }
                case 0x1c -> {
                    for (int left = in.count("types of a select", 1_000); left > 0; left--) {
                        ValueTypes.letter(in);
                    }
                }
                case 0x20, 0x21, 0x22, 0x25, 0x26 -> in.u32();
                case 0x23, 0x24 -> in.index("global", globals);
                case 0x3f -> memoryIndex(in);
                case Opcodes.MEMORY_GROW -> {
                    memoryIndex(in);
                    growths++;
                    site(at);
                }
                case 0x41 -> in.signed(32);
                case 0x42 -> in.signed(64);
                case 0x43 -> in.skip(4);
                case 0x44 -> in.skip(8);
                case 0xd0 -> ValueTypes.reference(in);
                case 0xd2 -> {
                    in.index("function", functions);
                    usesFunctionReferences = true;
                }
                case 0xfc -> prefixed(in, at);
                default -> {
                    plain(in, at, opcode);
                    if (Opcodes.operandOf(opcode) != null) {
                        site(at);
                    }
                }
            }
        }
        in.requireEnd("a function body");
    }

    /** Instructions without immediates, loads and stores. */
    private static void plain(WasmReader in, int at, int opcode) throws ModuleRefusedException {
        if (opcode >= 0x28 && opcode <= 0x3e) {
            if (in.u32() >= 64) {
                throw Features.refused("multiple memories", at);
            }
            in.u32();
        } else if (!(opcode <= 0x01 || opcode == 0x0f || opcode == 0x1a || opcode == 0x1b || opcode == 0xd1)
                && (opcode < 0x45 || opcode > 0xc4)) {
            String feature = Features.ofOpcode(opcode);
            throw feature == null
                    ? in.malformedAt(at, "the instruction 0x" + Integer.toHexString(opcode) + " does not exist")
                    : Features.refused(feature, at);
        }
    }

    /** Saturating conversions and bulk operations. */
    private void prefixed(WasmReader in, int at) throws ModuleRefusedException {
        long opcode = in.u32();
        if (opcode > 17) {
            throw in.malformedAt(at, "the instruction 0xfc " + opcode + " does not exist");
        }
        switch ((int) opcode) {
            case 8 -> {
                in.u32();
                memoryIndex(in);
            }
            case 10 -> {
                memoryIndex(in);
                memoryIndex(in);
            }
            case 11 -> memoryIndex(in);
            case 12, 14 -> {
                in.u32();
                in.u32();
            }
            case 15 -> {
                in.u32();
                growsTables = true;
            }
            case 9, 13, 16, 17 -> in.u32();
            default -> {
                // 0 to 7, the conversions, have no immediates
            }
        }
    }

    private static void memoryIndex(WasmReader in) throws ModuleRefusedException {
        int at = in.position();
        if (in.u8() != 0) {
            throw Features.refused("multiple memories", at);
        }
    }

    private void blockType(WasmReader in) throws ModuleRefusedException {
        int at = in.position();
        long type = in.signed(33);
        if (type >= 0) {
            if (type >= types.size()) {
                throw in.malformedAt(at, "type " + type + " does not exist; the module has " + types.size());
            }
            FunctionType values = types.get((int) type);
            int count = values.parameters().length() + values.results().length();
            wideBlockValues += count > NARROW_BLOCK_VALUES ? count : 0;
        } else if (type != -0x40) {
            // A value type, whose one byte was just read as a negative number.
            ValueTypes.letter(in.again(at));
        }
    }

    private void site(int at) {
        if (siteCount == sites.length) {
            sites = Arrays.copyOf(sites, siteCount * 2);
        }
        sites[siteCount++] = at;
    }

    private ModuleRefusedException tooComplex(int function, String what, long most) {
        return new ModuleRefusedException(
                "MODULE_TOO_COMPLEX", "function " + function + " has " + what + "; at most " + most + " is allowed");
    }
}

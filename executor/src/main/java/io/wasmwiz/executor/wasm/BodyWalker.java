package io.wasmwiz.executor.wasm;

import java.util.EnumSet;
import java.util.Set;

/**
 * Walks the code section body by body: checks locals and sizes, and that neither a function nor all together are harder
 * to compile than allowed. Linear time; memory in proportion to the number of functions and of instructions that the rewrite changes.
 */
final class BodyWalker {
    // In the units of InstructionWalker.
    private static final int FUNCTION_WORK = 200;
    private static final int VALUE_WORK = 4;
    private static final long REFERENCE_WORK = 4;

    private final ModulePolicyConfig config;
    private final ModuleSpaces spaces;
    private final int imports;
    private final Set<Feature> features = EnumSet.noneOf(Feature.class);

    /** Locals of the function at hand, parameters included, and how many of them are references. */
    private long locals;

    private long references;

    BodyWalker(ModulePolicyConfig config, ModuleSpaces spaces, int imports) {
        this.config = config;
        this.spaces = spaces;
        this.imports = imports;
    }

    FunctionBodies walk(WasmReader in) throws ModuleRefusedException {
        int at = in.position();
        int count = in.count("function bodies", config.maxFunctions());
        int declared = spaces.functions.size() - imports;
        if (count != declared) {
            throw in.malformedAt(at, declared + " functions are declared and " + count + " have a body");
        }
        var starts = new int[count];
        var ends = new int[count];
        var instructions = new InstructionWalker(spaces, features);
        FunctionCost largest = FunctionCost.NONE;
        long codeBytes = 0;
        long complexity = 0;
        long work = 0;
        for (int i = 0; i < count; i++) {
            WasmReader body = in.sized();
            starts[i] = body.position();
            ends[i] = body.end();
            FunctionCost cost = walk(body, imports + i, instructions);
            largest = largest.largest(cost);
            codeBytes += cost.bytes();
            complexity += cost.complexity();
            work += cost.work();
        }
        requireTogether("complexity", complexity, config.maxModuleComplexity());
        requireTogether("compile work", work, config.maxModuleWork());
        return new FunctionBodies(
                starts,
                ends,
                instructions.sites(),
                instructions.growsMemory(),
                instructions.growsTables(),
                instructions.changesTablesOrSegments(),
                instructions.usesFunctionReferences(),
                codeBytes,
                largest);
    }

    Set<Feature> features() {
        return features;
    }

    private FunctionCost walk(WasmReader body, int function, InstructionWalker instructions)
            throws ModuleRefusedException {
        int at = body.position();
        int size = body.remaining();
        require(function, at, "a body of %d bytes", size, config.maxFunctionBytes());
        FunctionType type = spaces.typeOf(function);
        readLocals(body, function, type);
        instructions.walk(body, type, (int) locals);
        long complexity = Math.max(locals, 1) * Math.max(instructions.branches(), 1);
        long work = FUNCTION_WORK
                + instructions.work()
                + locals
                + (long) VALUE_WORK
                        * (type.parameters().length() + type.results().length())
                + REFERENCE_WORK * references * instructions.safepoints();
        if (complexity > config.maxComplexity()) {
            throw tooComplex(
                    function,
                    at,
                    locals + " locals and " + instructions.branches() + " branches, a product of " + complexity,
                    complexity,
                    config.maxComplexity());
        }
        require(function, at, "compile work of %d", work, config.maxWork());
        return new FunctionCost(size, complexity, work);
    }

    private void readLocals(WasmReader in, int function, FunctionType type) throws ModuleRefusedException {
        locals = type.parameters().length();
        references = type.references();
        for (int groups = in.count("groups of locals", config.maxLocals()); groups > 0; groups--) {
            int at = in.position();
            long more = in.u32();
            locals += more;
            require(function, at, "%d locals", locals, config.maxLocals());
            if (ValueTypes.isReference(ValueTypes.letter(in))) {
                references += more;
            }
        }
    }

    private static void require(int function, int at, String what, long actual, long most)
            throws ModuleRefusedException {
        if (actual > most) {
            throw tooComplex(function, at, what.formatted(actual), actual, most);
        }
    }

    private static ModuleRefusedException tooComplex(int function, int at, String what, long actual, long most) {
        return new ModuleRefusedException(
                        "MODULE_TOO_COMPLEX",
                        "function " + function + " (at byte " + at + ") has " + what + "; at most " + most
                                + " is allowed: split the function")
                .at(at)
                .with("function", function)
                .beyond(actual, most);
    }

    private static void requireTogether(String what, long actual, long most) throws ModuleRefusedException {
        if (actual > most) {
            throw new ModuleRefusedException(
                            "MODULE_TOO_COMPLEX",
                            "the module's functions have a " + what + " of " + actual + " together; at most " + most
                                    + " is allowed: leave out what the program does not need")
                    .beyond(actual, most);
        }
    }
}

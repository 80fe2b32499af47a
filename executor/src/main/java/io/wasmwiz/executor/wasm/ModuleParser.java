package io.wasmwiz.executor.wasm;

import io.wasmwiz.executor.wasm.ParsedModule.Export;
import io.wasmwiz.executor.wasm.ParsedModule.Import;
import io.wasmwiz.executor.wasm.ParsedModule.Limits;
import io.wasmwiz.executor.wasm.ParsedModule.Section;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Reads a core module section by section. Everything that decides how the module is rewritten is checked here: section
 * order and sizes, counts, and every index of a function, type or global, because the rewrite appends to these spaces
 * and no guest may name what was appended. Types of operands are left to the engine. One parse per instance.
 */
final class ModuleParser {
    /** Non-custom section ids in the order in which they may stand. */
    private static final String ORDER = "\1\2\3\4\5\6\7\10\11\14\12\13";

    private final byte[] bytes;
    private final ModulePolicyConfig config;
    private final List<Section> sections = new ArrayList<>();
    private final List<FunctionType> types = new ArrayList<>();
    private final List<Import> imports = new ArrayList<>();
    private final List<Limits> tables = new ArrayList<>();
    private final List<Limits> memories = new ArrayList<>();
    private final List<Export> exports = new ArrayList<>();
    private int[] functionTypes = new int[0];
    private OptionalInt start = OptionalInt.empty();
    private FunctionBodies bodies = FunctionBodies.NONE;
    private Optional<Section> names = Optional.empty();
    private int globals;
    private int data;
    private long announcedData = -1;

    private ModuleParser(byte[] bytes, ModulePolicyConfig config) {
        this.bytes = bytes;
        this.config = config;
    }

    static ParsedModule parse(byte[] bytes, ModulePolicyConfig config) throws ModuleRefusedException {
        ModuleHeader.check(bytes, config);
        return new ModuleParser(bytes, config).parse();
    }

    private ParsedModule parse() throws ModuleRefusedException {
        var file = new WasmReader(bytes, ModuleHeader.BYTES);
        int last = -1;
        while (file.remaining() > 0) {
            int at = file.position();
            int id = file.u8();
            WasmReader section = file.sized();
            if (id == 0) {
                if (section.name().equals("name")) {
                    names = Optional.of(new Section(id, section.position(), section.end()));
                }
                continue;
            }
            if (id == 13) {
                throw Features.refused("exception handling (a tag section)", at);
            }
            int place = ORDER.indexOf(id);
            if (place < 0) {
                throw file.malformedAt(at, "section " + id + " does not exist");
            }
            if (place <= last) {
                throw file.malformedAt(at, "section " + id + " is repeated or out of order");
            }
            last = place;
            sections.add(new Section(id, section.position(), section.end()));
            read(id, section);
            section.requireEnd("section " + id);
        }
        if (bodies.count() != functionTypes.length) {
            throw file.malformed(
                    functionTypes.length + " functions are declared and " + bodies.count() + " have a body");
        }
        if (announcedData >= 0 && announcedData != data) {
            throw file.malformed(announcedData + " data segments are announced and " + data + " are there");
        }
        return new ParsedModule(
                bytes,
                sections,
                types,
                imports,
                functionTypes,
                tables,
                memories,
                globals,
                exports,
                start,
                bodies,
                names);
    }

    private void read(int id, WasmReader in) throws ModuleRefusedException {
        switch (id) {
            case 1 -> readTypes(in);
            case 2 -> readImports(in);
            case 3 -> readFunctions(in);
            case 4 -> readTables(in);
            case 5 -> readMemories(in);
            case 6 -> readGlobals(in);
            case 7 -> readExports(in);
            case 8 -> start = OptionalInt.of(in.index("function", functions()));
            case 9 -> readElements(in);
            case 10 -> bodies = new BodyWalker(bytes, config, types, functionTypes, functions(), globals).walk(in);
            case 11 -> readData(in);
            default -> announcedData = in.u32();
        }
    }

    private int functions() {
        return imports.size() + functionTypes.length;
    }

    private void readTypes(WasmReader in) throws ModuleRefusedException {
        for (int left = in.count("types", config.maxTypes()); left > 0; left--) {
            int at = in.position();
            int form = in.u8();
            if (form != 0x60) {
                String feature = Features.ofType(form);
                throw feature == null
                        ? in.malformedAt(at, "a type has the unknown form " + form)
                        : Features.refused(feature, at);
            }
            types.add(new FunctionType(valueTypes(in), valueTypes(in)));
        }
    }

    private String valueTypes(WasmReader in) throws ModuleRefusedException {
        int count = in.count("parameters or results in one type", config.maxParameters());
        var letters = new StringBuilder(count);
        for (int i = 0; i < count; i++) {
            letters.append(ValueTypes.letter(in));
        }
        return letters.toString();
    }

    private void readImports(WasmReader in) throws ModuleRefusedException {
        for (int left = in.count("imports", config.maxImports()); left > 0; left--) {
            String module = in.name();
            String name = in.name();
            int kind = in.u8();
            if (kind > 4) {
                throw in.malformed("an import has the unknown kind " + kind);
            }
            if (kind != ParsedModule.KIND_FUNCTION) {
                throw WasiPreview1.unknownImport(
                        module,
                        name,
                        "is a "
                                + List.of("function", "table", "memory", "global", "tag")
                                        .get(kind));
            }
            imports.add(new Import(module, name, in.index("type", types.size())));
        }
    }

    private void readFunctions(WasmReader in) throws ModuleRefusedException {
        functionTypes = new int[in.count("functions", config.maxFunctions() - imports.size())];
        for (int i = 0; i < functionTypes.length; i++) {
            functionTypes[i] = in.index("type", types.size());
        }
    }

    private void readTables(WasmReader in) throws ModuleRefusedException {
        for (int left = in.count("tables", config.maxTables()); left > 0; left--) {
            int element = ValueTypes.reference(in);
            tables.add(limits(in, element, "table", 0xffff_ffffL));
        }
    }

    private void readMemories(WasmReader in) throws ModuleRefusedException {
        int at = in.position();
        int count = in.count("memories", 1_000);
        if (count > 1) {
            throw Features.refused("multiple memories", at);
        }
        if (count == 1) {
            memories.add(limits(in, 0, "memory", 65_536));
        }
    }

    private static Limits limits(WasmReader in, int element, String what, long most) throws ModuleRefusedException {
        int at = in.position();
        int flags = in.u8();
        if (flags > 1) {
            throw switch (flags) {
                case 2, 3 -> Features.refused("threads (a shared " + what + ")", at);
                case 4, 5, 6, 7 -> Features.refused("a 64-bit " + what, at);
                default -> in.malformedAt(at, "a " + what + " has the unknown flags " + flags);
            };
        }
        long minimum = in.u32();
        OptionalLong maximum = flags == 1 ? OptionalLong.of(in.u32()) : OptionalLong.empty();
        if (minimum > most || maximum.orElse(most) > most || minimum > maximum.orElse(most)) {
            throw in.malformedAt(at, "a " + what + " has a minimum above its maximum, or more than " + most);
        }
        return new Limits(element, minimum, maximum);
    }

    private void readGlobals(WasmReader in) throws ModuleRefusedException {
        globals = in.count("globals", config.maxGlobals());
        for (int i = 0; i < globals; i++) {
            ValueTypes.letter(in);
            if (in.u8() > 1) {
                throw in.malformed("a global is neither constant nor mutable");
            }
            constant(in);
        }
    }

    private void readExports(WasmReader in) throws ModuleRefusedException {
        int[] sizes = {functions(), tables.size(), memories.size(), globals};
        int count = in.count("exports", config.maxExports());
        var names = new HashSet<String>();
        for (int i = 0; i < count; i++) {
            String name = in.name();
            if (!names.add(name)) {
                throw in.malformed("an export name occurs twice");
            }
            int kind = in.u8();
            if (kind == 4) {
                throw Features.refused("exception handling (an exported tag)", in.position());
            }
            if (kind > 4) {
                throw in.malformed("an export has the unknown kind " + kind);
            }
            String what = List.of("function", "table", "memory", "global").get(kind);
            exports.add(new Export(name, kind, in.index(what, sizes[kind])));
        }
    }

    private void readElements(WasmReader in) throws ModuleRefusedException {
        for (int left = in.count("element segments", config.maxSegments()); left > 0; left--) {
            int at = in.position();
            long flags = in.u32();
            if (flags > 7) {
                throw in.malformedAt(at, "an element segment has the unknown flags " + flags);
            }
            boolean active = (flags & 1) == 0;
            boolean explicit = (flags & 2) != 0;
            boolean expressions = (flags & 4) != 0;
            if (active) {
                if (explicit) {
                    in.index("table", tables.size());
                }
                constant(in);
            }
            if (!active || explicit) {
                if (expressions) {
                    ValueTypes.reference(in);
                } else if (in.u8() != 0) {
                    throw in.malformed("an element segment has an unknown kind");
                }
            }
            for (int items = in.count("elements in a segment", Integer.MAX_VALUE); items > 0; items--) {
                if (expressions) {
                    constant(in);
                } else {
                    in.index("function", functions());
                }
            }
        }
    }

    private void readData(WasmReader in) throws ModuleRefusedException {
        data = in.count("data segments", config.maxSegments());
        for (int left = data; left > 0; left--) {
            int at = in.position();
            long flags = in.u32();
            if (flags > 2) {
                throw in.malformedAt(at, "a data segment has the unknown flags " + flags);
            }
            if (flags == 2) {
                in.index("memory", memories.size());
            }
            if (flags != 1) {
                constant(in);
            }
            in.skipBytes();
        }
    }

    private void constant(WasmReader in) throws ModuleRefusedException {
        ConstantExpression.skip(in, functions(), globals);
    }
}

package io.wasmwiz.executor.wasm;

import io.wasmwiz.executor.wasm.ParsedModule.Export;
import io.wasmwiz.executor.wasm.ParsedModule.Import;
import io.wasmwiz.executor.wasm.ParsedModule.Limits;
import io.wasmwiz.executor.wasm.ParsedModule.Section;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads a core module section by section and checks whatever can be checked without following the operand stack: section
 * order and sizes, counts, every index, limits, constant expressions. The rewrite depends on it, because it appends to
 * the index spaces and no guest may name what was appended. Types of operands are left to the engine. One parse per
 * instance.
 */
final class ModuleParser {
    /** Non-custom section ids in the order in which they may stand. */
    private static final String ORDER = "\1\2\3\4\5\6\7\10\11\14\12\13";

    private final byte[] bytes;
    private final ModulePolicyConfig config;
    private final List<Section> sections = new ArrayList<>();
    private final ModuleSpaces spaces = new ModuleSpaces();
    private final Set<Feature> features = EnumSet.noneOf(Feature.class);
    private final List<Import> imports = new ArrayList<>();
    private final List<Limits> tables = new ArrayList<>();
    private final List<Limits> memories = new ArrayList<>();
    private final List<Export> exports = new ArrayList<>();
    private OptionalInt start = OptionalInt.empty();
    private FunctionBodies bodies = FunctionBodies.NONE;
    private Optional<Section> names = Optional.empty();
    private int data;
    private long dataBytes;

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
        if (bodies.count() != functions() - imports.size()) {
            throw file.malformed(
                    (functions() - imports.size()) + " functions are declared and " + bodies.count() + " have a body");
        }
        if (spaces.announcedData >= 0 && spaces.announcedData != data) {
            throw file.malformed(spaces.announcedData + " data segments are announced and " + data + " are there");
        }
        return new ParsedModule(
                bytes, sections, spaces, imports, tables, memories, exports, start, bodies, dataBytes, features, names);
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
            case 8 -> readStart(in);
            case 9 -> readElements(in);
            case 10 -> {
                var walker = new BodyWalker(config, spaces, imports.size());
                bodies = walker.walk(in);
                features.addAll(walker.features());
            }
            case 11 -> readData(in);
            default -> spaces.announcedData = in.announced("data segments", config.maxSegments());
        }
    }

    private int functions() {
        return spaces.functions.size();
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
            var type = new FunctionType(valueTypes(in), valueTypes(in));
            if (type.results().length() > 1) {
                features.add(Feature.MULTI_VALUE);
            }
            spaces.types.add(type);
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
            int at = in.position();
            int kind = in.u8();
            if (kind > 4) {
                throw in.malformedAt(at, "an import has the unknown kind " + kind);
            }
            if (kind != ParsedModule.KIND_FUNCTION) {
                throw WasiPreview1.unknownImport(module, name, "is a " + ParsedModule.KINDS.get(kind));
            }
            int type = in.index("type", spaces.types.size());
            imports.add(new Import(module, name, type));
            spaces.functions.add(type);
        }
    }

    private void readFunctions(WasmReader in) throws ModuleRefusedException {
        for (int left = in.count("functions", config.maxFunctions() - imports.size()); left > 0; left--) {
            spaces.functions.add(in.index("type", spaces.types.size()));
        }
    }

    private void readTables(WasmReader in) throws ModuleRefusedException {
        for (int left = in.count("tables", config.maxTables()); left > 0; left--) {
            char element = ValueTypes.reference(in);
            tables.add(limits(in, element, "table", 0xffff_ffffL));
            spaces.tables.append(element);
        }
        if (tables.size() > 1 || spaces.tables.indexOf("x") >= 0) {
            features.add(Feature.REFERENCE_TYPES);
        }
    }

    private void readMemories(WasmReader in) throws ModuleRefusedException {
        int at = in.position();
        int count = in.count("memories", 1_000);
        if (count > 1) {
            throw Features.refused("multiple memories", at);
        }
        if (count == 1) {
            memories.add(limits(in, ' ', "memory", 65_536));
            spaces.hasMemory = true;
        }
    }

    private static Limits limits(WasmReader in, char element, String what, long most) throws ModuleRefusedException {
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
        if (minimum > most || maximum.orElse(most) > most) {
            throw in.malformedAt(
                            at,
                            "a " + what + " has a size of " + Math.max(minimum, maximum.orElse(0)) + "; at most " + most
                                    + " is allowed")
                    .beyond(Math.max(minimum, maximum.orElse(0)), most);
        }
        if (minimum > maximum.orElse(most)) {
            throw in.malformedAt(
                    at, "a " + what + " has a minimum above its maximum: " + minimum + " above " + maximum.getAsLong());
        }
        return new Limits(element, minimum, maximum);
    }

    private void readGlobals(WasmReader in) throws ModuleRefusedException {
        int count = in.count("globals", config.maxGlobals());
        for (int i = 0; i < count; i++) {
            char type = ValueTypes.letter(in);
            int at = in.position();
            int mutability = in.u8();
            if (mutability > 1) {
                throw in.malformedAt(at, "a global is neither constant nor mutable");
            }
            ConstantExpression.check(in, spaces, type);
            spaces.globals.append(type);
            spaces.mutableGlobals.set(i, mutability == 1);
            if (ValueTypes.isReference(type)) {
                features.add(Feature.REFERENCE_TYPES);
            }
        }
    }

    private void readExports(WasmReader in) throws ModuleRefusedException {
        int[] sizes = {functions(), tables.size(), memories.size(), spaces.globals.length()};
        int count = in.count("exports", config.maxExports());
        var names = new HashSet<String>();
        for (int i = 0; i < count; i++) {
            int at = in.position();
            String name = in.name();
            if (!names.add(name)) {
                throw in.malformedAt(at, "an export name occurs twice");
            }
            at = in.position();
            int kind = in.u8();
            if (kind == 4) {
                throw Features.refused("exception handling (an exported tag)", at);
            }
            if (kind > 4) {
                throw in.malformedAt(at, "an export has the unknown kind " + kind);
            }
            int index = in.index(ParsedModule.KINDS.get(kind), sizes[kind]);
            exports.add(new Export(name, kind, index));
            if (kind == ParsedModule.KIND_FUNCTION) {
                spaces.declared.set(index);
            }
        }
    }

    // The rewrite turns the start section into an export, so the engine no longer sees to its type (core specification,
    // "Start Function").
    private void readStart(WasmReader in) throws ModuleRefusedException {
        int at = in.position();
        int function = in.index("function", functions());
        FunctionType type = spaces.typeOf(function);
        if (!type.isCommand()) {
            throw in.malformedAt(
                    at,
                    "the start section names a function of type " + type + "; it must have " + FunctionType.COMMAND);
        }
        start = OptionalInt.of(function);
    }

    private void readElements(WasmReader in) throws ModuleRefusedException {
        for (int left = in.count("element segments", config.maxSegments()); left > 0; left--) {
            int at = in.position();
            long flags = in.u32();
            if (flags > 7) {
                throw in.malformedAt(at, "an element segment has the unknown flags " + flags);
            }
            readElementSegment(in, at, (int) flags);
        }
    }

    private void readElementSegment(WasmReader in, int at, int flags) throws ModuleRefusedException {
        boolean active = (flags & 1) == 0;
        boolean explicit = (flags & 2) != 0;
        boolean expressions = (flags & 4) != 0;
        char table = ' ';
        if (active) {
            if (!explicit && tables.isEmpty()) {
                throw in.malformedAt(at, "an element segment fills table 0, and the module has no table");
            }
            table = spaces.tables.charAt(explicit ? in.index("table", tables.size()) : 0);
            ConstantExpression.check(in, spaces, 'i');
        }
        char type = 'r';
        if (!active || explicit) {
            int kindAt = in.position();
            if (expressions) {
                type = ValueTypes.reference(in);
            } else if (in.u8() != 0) {
                throw in.malformedAt(kindAt, "an element segment has an unknown kind");
            }
        }
        if (active && table != type) {
            throw in.malformedAt(
                    at,
                    "an element segment of type " + ValueTypes.word(type) + " fills a table of "
                            + ValueTypes.word(table));
        }
        for (int items = in.count("elements in a segment", config.maxTableElements()); items > 0; items--) {
            if (expressions) {
                ConstantExpression.check(in, spaces, type);
            } else {
                spaces.declared.set(in.index("function", functions()));
            }
        }
        spaces.elements.append(type);
        if (flags != 0) {
            features.add(Feature.BULK_MEMORY);
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
                if (memories.isEmpty()) {
                    throw in.malformedAt(at, "a data segment fills memory 0, and the module has no memory");
                }
                ConstantExpression.check(in, spaces, 'i');
            } else {
                features.add(Feature.BULK_MEMORY);
            }
            dataBytes += in.skipBytes();
        }
    }
}

package io.wasmwiz.executor.wasm;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lets one instance serve run after run, each of which finds it as if it had just been made. {@link SandboxRewrite#RUN}
 * begins with code that gives every mutable global of the guest its first value and copies the data segments to where the
 * engine would have put them; they are passive for that. The memory has to be zeroed before, by whoever runs the instance.
 * Of the globals that the rewrite appends, which no guest can name, it sets the count of growths itself; operands are
 * written before they are read, and who invokes an export sets what selects it and its arguments.
 *
 * <p>Nothing else in an instance can differ from its begin: no module has this that changes a table or asks for the state
 * of a segment ({@link FunctionBodies#changesTablesOrSegments}). Nor has one whose segments do not surely fit in its
 * memory, where making an instance fails, or one of more than {@link #MAX_ITEMS} globals and segments.
 */
final class FreshStart {
    /** Beyond, making a new instance is no slower. */
    private static final int MAX_ITEMS = 256;

    private static final long PAGE_BYTES = 1 << 16;

    private final byte[] bytes;
    private final List<Global> globals;
    private final List<Data> segments;

    /** A mutable global, and where its first value stands: a constant instruction. */
    private record Global(int index, int start, int end) {}

    /** A data segment: where it goes in memory, if it is active, and where its bytes stand. */
    private record Data(boolean active, long address, int start, int end) {
        int length() {
            return end - start;
        }
    }

    private FreshStart(byte[] bytes, List<Global> globals, List<Data> segments) {
        this.bytes = bytes;
        this.globals = globals;
        this.segments = segments;
    }

    /** For a module that was read without complaint; empty when an instance of it can serve one run only. */
    static Optional<FreshStart> of(ParsedModule module) throws ModuleRefusedException {
        List<Global> globals = globals(module);
        List<Data> segments = segments(module);
        long memoryBytes = module.memory().stream()
                .mapToLong(memory -> memory.minimum() * PAGE_BYTES)
                .sum();
        boolean fits =
                segments.stream().allMatch(data -> data.address() + data.length() <= memoryBytes || !data.active());
        return fits
                        && globals.size() + segments.size() <= MAX_ITEMS
                        && !module.bodies().changesTablesOrSegments()
                ? Optional.of(new FreshStart(module.bytes(), globals, segments))
                : Optional.empty();
    }

    private static List<Global> globals(ParsedModule module) throws ModuleRefusedException {
        List<Global> globals = new ArrayList<>();
        Optional<WasmReader> section = reader(module, 6);
        if (section.isPresent()) {
            WasmReader in = section.get();
            int count = (int) in.u32();
            for (int index = 0; index < count; index++) {
                char type = ValueTypes.letter(in);
                boolean mutable = in.u8() == 1;
                int start = in.position();
                ConstantExpression.check(in, module.spaces(), type);
                if (mutable) {
                    globals.add(new Global(index, start, in.position() - 1));
                }
            }
        }
        return globals;
    }

    private static List<Data> segments(ParsedModule module) throws ModuleRefusedException {
        List<Data> segments = new ArrayList<>();
        Optional<WasmReader> section = reader(module, 11);
        if (section.isPresent()) {
            WasmReader in = section.get();
            for (long left = in.u32(); left > 0; left--) {
                long flags = in.u32();
                if (flags == 2) {
                    in.u32();
                }
                long address = flags == 1 ? 0 : address(in);
                int length = in.skipBytes();
                segments.add(new Data(flags != 1, address, in.position() - length, in.position()));
            }
        }
        return segments;
    }

    /** Of {@code i32.const}, the one instruction that can stand there; memory has no negative addresses. */
    private static long address(WasmReader in) throws ModuleRefusedException {
        in.u8();
        long address = in.signed(32) & 0xffff_ffffL;
        in.u8();
        return address;
    }

    private static Optional<WasmReader> reader(ParsedModule module, int id) {
        return module.section(id).map(section -> new WasmReader(module.bytes(), section.start(), section.end()));
    }

    boolean hasSegments() {
        return !segments.isEmpty();
    }

    /** Whether {@link #write} writes anything. */
    boolean hasCode() {
        return !globals.isEmpty() || segments.stream().anyMatch(Data::active);
    }

    /** What a run begins with. */
    void write(WasmWriter body) {
        for (int number = 0; number < segments.size(); number++) {
            Data data = segments.get(number);
            if (data.active()) {
                body.bytes(0x41).s64((int) data.address()).bytes(0x41, 0, 0x41).s64(data.length());
                body.bytes(0xfc, 8).u32(number).bytes(0);
            }
        }
        for (Global global : globals) {
            body.copy(bytes, global.start(), global.end()).bytes(0x24).u32(global.index());
        }
    }

    /** Contents of the data count section. */
    WasmWriter dataCount() {
        return new WasmWriter(8).u32(segments.size());
    }

    /** Contents of the data section: all segments, each passive. */
    WasmWriter data() {
        var section = new WasmWriter(segments.stream().mapToInt(Data::length).sum() + 6 * segments.size() + 8);
        section.u32(segments.size());
        for (Data data : segments) {
            section.bytes(1).u32(data.length()).copy(bytes, data.start(), data.end());
        }
        return section;
    }
}

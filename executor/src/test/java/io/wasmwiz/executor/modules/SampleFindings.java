package io.wasmwiz.executor.modules;

import io.wasmwiz.executor.modules.ModuleFindings.Export;
import io.wasmwiz.executor.modules.ModuleFindings.Import;
import io.wasmwiz.executor.modules.ModuleFindings.Table;
import java.util.List;
import java.util.OptionalLong;

/** Findings for tests that do not inspect. */
public final class SampleFindings {
    /** Every field has a value that no other has. */
    public static final ModuleFindings FULL = new ModuleFindings(
            List.of(new Import("wasi_snapshot_preview1", "fd_write", "(i32 i32 i32 i32) -> (i32)")),
            3,
            List.of(new Export("_start", "function", "() -> ()"), new Export("memory", "memory", "i32")),
            4,
            2,
            OptionalLong.of(16),
            true,
            List.of(new Table("funcref", 5, OptionalLong.of(6)), new Table("externref", 7, OptionalLong.empty())),
            8_000,
            9_000,
            12,
            345,
            678,
            910,
            true,
            List.of("bulk-memory"),
            true);

    /** Of a small command whose memory starts with {@code pages}. */
    public static ModuleFindings withPages(long pages) {
        return new ModuleFindings(
                List.of(),
                0,
                List.of(new Export("_start", "function", "() -> ()")),
                0,
                pages,
                OptionalLong.empty(),
                false,
                List.of(),
                10,
                0,
                1,
                10,
                1,
                1,
                false,
                List.of(),
                false);
    }

    private SampleFindings() {}
}

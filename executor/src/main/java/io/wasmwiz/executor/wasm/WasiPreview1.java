package io.wasmwiz.executor.wasm;

import static java.util.Map.entry;

import io.wasmwiz.executor.wasm.ParsedModule.Import;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The functions a module may import, with the types that WASI preview1 gives them. */
final class WasiPreview1 {
    static final String MODULE = "wasi_snapshot_preview1";

    /** Parameters as letters of {@link FunctionType}; every function returns an i32, but for proc_exit. */
    private static final Map<String, String> PARAMETERS = Map.ofEntries(
            entry("args_get", "ii"),
            entry("args_sizes_get", "ii"),
            entry("clock_res_get", "ii"),
            entry("clock_time_get", "iIi"),
            entry("environ_get", "ii"),
            entry("environ_sizes_get", "ii"),
            entry("fd_advise", "iIIi"),
            entry("fd_allocate", "iII"),
            entry("fd_close", "i"),
            entry("fd_datasync", "i"),
            entry("fd_fdstat_get", "ii"),
            entry("fd_fdstat_set_flags", "ii"),
            entry("fd_fdstat_set_rights", "iII"),
            entry("fd_filestat_get", "ii"),
            entry("fd_filestat_set_size", "iI"),
            entry("fd_filestat_set_times", "iIIi"),
            entry("fd_pread", "iiiIi"),
            entry("fd_prestat_dir_name", "iii"),
            entry("fd_prestat_get", "ii"),
            entry("fd_pwrite", "iiiIi"),
            entry("fd_read", "iiii"),
            entry("fd_readdir", "iiiIi"),
            entry("fd_renumber", "ii"),
            entry("fd_seek", "iIii"),
            entry("fd_sync", "i"),
            entry("fd_tell", "ii"),
            entry("fd_write", "iiii"),
            entry("path_create_directory", "iii"),
            entry("path_filestat_get", "iiiii"),
            entry("path_filestat_set_times", "iiiiIIi"),
            entry("path_link", "iiiiiii"),
            entry("path_open", "iiiiiIIii"),
            entry("path_readlink", "iiiiii"),
            entry("path_remove_directory", "iii"),
            entry("path_rename", "iiiiii"),
            entry("path_symlink", "iiiii"),
            entry("path_unlink_file", "iii"),
            entry("poll_oneoff", "iiii"),
            entry("proc_exit", "i"),
            entry("proc_raise", "i"),
            entry("random_get", "ii"),
            entry("sched_yield", ""),
            entry("sock_accept", "iii"),
            entry("sock_recv", "iiiiii"),
            entry("sock_send", "iiiii"),
            entry("sock_shutdown", "ii"));

    private static final String ALLOWED = String.join(", ", new TreeSet<>(PARAMETERS.keySet()));

    /** Null when preview1 has no such function. */
    static @Nullable FunctionType typeOf(String function) {
        String parameters = PARAMETERS.get(function);
        return parameters == null ? null : new FunctionType(parameters, function.equals("proc_exit") ? "" : "i");
    }

    /** Refuses an import that is not a function of preview1 with exactly its type. */
    static void check(Import imported, FunctionType actual) throws ModuleRefusedException {
        if (!imported.module().equals(MODULE)) {
            throw unknownImport(
                    imported.module(),
                    imported.name(),
                    imported.module().equals("wasi_unstable")
                            ? "belongs to wasi_unstable, the version before preview1; rebuild with a newer toolchain"
                            : "is not provided");
        }
        FunctionType expected = typeOf(imported.name());
        if (expected == null) {
            throw unknownImport(imported.module(), imported.name(), "is not provided");
        }
        if (!expected.equals(actual)) {
            throw unknownImport(
                    imported.module(), imported.name(), "has the type " + actual + " and must have " + expected);
        }
    }

    static ModuleRefusedException unknownImport(String module, String name, String why) {
        String imported = shorten(module) + "." + shorten(name);
        return new ModuleRefusedException(
                        "MODULE_IMPORT_UNKNOWN",
                        "the import " + imported + " " + why + "; only the functions of " + MODULE
                                + " can be imported: " + ALLOWED)
                .with("import", imported);
    }

    private static String shorten(String name) {
        return name.codePointCount(0, name.length()) <= 60
                ? name
                : name.substring(0, name.offsetByCodePoints(0, 60)) + "…";
    }

    private WasiPreview1() {}
}

package io.wasmwiz.executor.sandbox;

import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** The functions of WASI preview1, from its specification. */
public final class Preview1 {
    /** Every function of preview1 with its parameters: i is an i32, I an i64. */
    public static final Map<String, String> FUNCTIONS = Map.ofEntries(
            Map.entry("args_get", "ii"),
            Map.entry("args_sizes_get", "ii"),
            Map.entry("clock_res_get", "ii"),
            Map.entry("clock_time_get", "iIi"),
            Map.entry("environ_get", "ii"),
            Map.entry("environ_sizes_get", "ii"),
            Map.entry("fd_advise", "iIIi"),
            Map.entry("fd_allocate", "iII"),
            Map.entry("fd_close", "i"),
            Map.entry("fd_datasync", "i"),
            Map.entry("fd_fdstat_get", "ii"),
            Map.entry("fd_fdstat_set_flags", "ii"),
            Map.entry("fd_fdstat_set_rights", "iII"),
            Map.entry("fd_filestat_get", "ii"),
            Map.entry("fd_filestat_set_size", "iI"),
            Map.entry("fd_filestat_set_times", "iIIi"),
            Map.entry("fd_pread", "iiiIi"),
            Map.entry("fd_prestat_dir_name", "iii"),
            Map.entry("fd_prestat_get", "ii"),
            Map.entry("fd_pwrite", "iiiIi"),
            Map.entry("fd_read", "iiii"),
            Map.entry("fd_readdir", "iiiIi"),
            Map.entry("fd_renumber", "ii"),
            Map.entry("fd_seek", "iIii"),
            Map.entry("fd_sync", "i"),
            Map.entry("fd_tell", "ii"),
            Map.entry("fd_write", "iiii"),
            Map.entry("path_create_directory", "iii"),
            Map.entry("path_filestat_get", "iiiii"),
            Map.entry("path_filestat_set_times", "iiiiIIi"),
            Map.entry("path_link", "iiiiiii"),
            Map.entry("path_open", "iiiiiIIii"),
            Map.entry("path_readlink", "iiiiii"),
            Map.entry("path_remove_directory", "iii"),
            Map.entry("path_rename", "iiiiii"),
            Map.entry("path_symlink", "iiiii"),
            Map.entry("path_unlink_file", "iii"),
            Map.entry("poll_oneoff", "iiii"),
            Map.entry("proc_exit", "i"),
            Map.entry("proc_raise", "i"),
            Map.entry("random_get", "ii"),
            Map.entry("sched_yield", ""),
            Map.entry("sock_accept", "iii"),
            Map.entry("sock_recv", "iiiiii"),
            Map.entry("sock_send", "iiiii"),
            Map.entry("sock_shutdown", "ii"));

    /** A function's parameters. */
    public static String parameters(String function) {
        return Objects.requireNonNull(FUNCTIONS.get(function), function);
    }

    /** The import of a function, in the text format, named as in the specification. */
    public static String imported(String function) {
        String types = parameters(function)
                .chars()
                .mapToObj(type -> type == 'i' ? "i32" : "i64")
                .collect(Collectors.joining(" "));
        return "(import \"wasi_snapshot_preview1\" \"%s\" (func $%s (param %s) %s))"
                .formatted(function, function, types, function.equals("proc_exit") ? "" : "(result i32)");
    }

    /** A constant of the parameter type {@code type}. */
    public static String constant(char type, String value) {
        return "(" + (type == 'i' ? "i32" : "i64") + ".const " + value + ")";
    }

    private Preview1() {}
}

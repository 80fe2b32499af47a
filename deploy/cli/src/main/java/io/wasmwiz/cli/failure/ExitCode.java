package io.wasmwiz.cli.failure;

import java.util.List;

/**
 * Exit codes of this command besides the guest's own (0 to 255). Those from 64 are of sysexits.h; those from 124 are what
 * a shell reports for the like of it (timeout, signals).
 */
public final class ExitCode {
    public static final int OK = 0;
    /** Of a batch: it is through, and some items did not complete. */
    public static final int SOME_FAILED = 1;
    /** Wrong flags or arguments. */
    public static final int USAGE = 64;
    /** A module, digest or field that the server refuses. */
    public static final int DATA = 65;
    /** No such file, module or digest. */
    public static final int NO_INPUT = 66;
    /** Server away, or none known. */
    public static final int UNAVAILABLE = 69;
    /** Fault of the server or of this program. */
    public static final int INTERNAL = 70;
    /** Reading or writing failed. */
    public static final int IO = 74;
    /** Quota, rate or overload: the same call may succeed later. */
    public static final int TRY_LATER = 75;
    /** It ran, and whether its event is durable is not known. */
    public static final int OUTCOME_UNKNOWN = 76;
    /** Key missing, refused or not allowed to. */
    public static final int NO_PERMISSION = 77;
    /** The guest was stopped at its run time limit. */
    public static final int TIMED_OUT = 124;
    /** Cancelled, as by SIGINT. */
    public static final int CANCELLED = 130;
    /** The guest trapped, as by SIGABRT. */
    public static final int TRAPPED = 134;
    /** The guest ended after it was refused memory, as by the kernel's SIGKILL. */
    public static final int MEMORY_LIMIT = 137;
    /** The sandbox died under the guest, as by SIGSEGV. */
    public static final int SANDBOX_CRASHED = 139;

    /** The table above for {@code --help}, as {@code code:meaning}. */
    public static final List<String> HELP = List.of(
            "0-255:the guest's own exit code",
            "64:usage: wrong flags or arguments",
            "65:module, digest or field refused",
            "66:no such file or module",
            "69:server unavailable, or none known",
            "70:fault of the server or of this program",
            "74:reading or writing failed",
            "75:quota, rate limit or overload: try again later",
            "76:it ran, but whether it is on the ledger is not known",
            "77:key missing, refused or not allowed to",
            "124:the guest was stopped at its run time limit",
            "130:cancelled",
            "134:the guest trapped",
            "137:the guest ended after it was refused memory",
            "139:the sandbox died under the guest");

    private ExitCode() {}
}

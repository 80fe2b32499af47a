package io.wasmwiz.local.chaos;

import java.util.ArrayList;
import java.util.List;

/** What was proven and what was not. Not thread-safe. */
final class Verdict {
    private final List<String> lines = new ArrayList<>();
    private boolean clean = true;

    /** Notes a check and, where it failed, what contradicts it. */
    void check(String name, boolean holds, String detail) {
        clean &= holds;
        lines.add("%-6s %s%s".formatted(holds ? "holds" : "FAILS", name, detail.isEmpty() ? "" : ": " + detail));
    }

    boolean isClean() {
        return clean;
    }

    List<String> lines() {
        return List.copyOf(lines);
    }
}

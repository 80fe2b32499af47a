package io.wasmwiz.cli.doctor;

/**
 * What one check found.
 *
 * @param check what was looked at, one or two words
 * @param text what was found, one line
 * @param advice what to do; empty unless something is wrong
 */
record Finding(Verdict verdict, String check, String text, String advice) {
    /** Whether it is well. */
    enum Verdict {
        OK,
        FAULT,
        SKIPPED
    }

    static Finding ok(String check, String text) {
        return new Finding(Verdict.OK, check, text, "");
    }

    static Finding fault(String check, String text, String advice) {
        return new Finding(Verdict.FAULT, check, text, advice);
    }

    static Finding skipped(String check, String text) {
        return new Finding(Verdict.SKIPPED, check, text, "");
    }
}

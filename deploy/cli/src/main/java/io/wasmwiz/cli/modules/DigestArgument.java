package io.wasmwiz.cli.modules;

import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.module.ModuleArgument;
import io.wasmwiz.cli.text.Printable;
import java.util.Locale;

/** A digest as given on the command line. */
final class DigestArgument {
    private DigestArgument() {}

    /** In lower case; throws CommandFailure when it is none. */
    static String parse(String text) {
        if (!ModuleArgument.isDigest(text)) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "'%s' is not a digest: 64 hex digits are expected; `wasmwiz modules list` shows them"
                            .formatted(Printable.line(text)));
        }
        return text.toLowerCase(Locale.ROOT);
    }
}

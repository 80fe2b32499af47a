package io.wasmwiz.cli;

import io.wasmwiz.cli.text.Style;
import io.wasmwiz.cli.text.Terminal;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a command gets from its process.
 *
 * @param directory where relative paths and the search for a local stack start
 * @param home the repository's root, as {@code deploy/wasmwiz} passes it; null when started otherwise
 */
public record CliContext(
        Terminal terminal,
        Map<String, String> environment,
        Path directory,
        @Nullable Path home) {
    /** This process's own. */
    public static CliContext ofProcess() {
        String home = System.getProperty("wasmwiz.home");
        return new CliContext(
                Terminal.ofProcess(),
                System.getenv(),
                Path.of("").toAbsolutePath(),
                home == null || home.isEmpty() ? null : Path.of(home));
    }

    /** Colours for standard output. */
    public Style outStyle() {
        return Style.of(terminal.outputIsTerminal(), environment);
    }

    /** Colours for standard error. */
    public Style errStyle() {
        return Style.of(terminal.errorIsTerminal(), environment);
    }
}

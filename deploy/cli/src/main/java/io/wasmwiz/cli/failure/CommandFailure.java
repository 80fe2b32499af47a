package io.wasmwiz.cli.failure;

import java.util.List;

/** A command cannot go on: what went wrong in one line, details or advice below it, and the exit code. */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final transient List<String> details;

    public CommandFailure(int exitCode, String message, String... details) {
        super(message);
        this.exitCode = exitCode;
        this.details = List.of(details);
    }

    /** One of {@link ExitCode}. */
    public int exitCode() {
        return exitCode;
    }

    /** Lines below the message; may be empty. */
    public List<String> details() {
        return details;
    }
}

package io.wasmwiz.cli.fake;

import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.Main;
import io.wasmwiz.cli.text.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Runs commands in this JVM with streams, environment and directory of their own. Not thread-safe. */
public final class CommandRun {
    /** What a command left behind. */
    public record Result(int exitCode, String out, String err) {}

    private final Path directory;
    private final Map<String, String> environment = new HashMap<>();
    private String input = "";
    private boolean inputIsTerminal;
    private boolean outputsAreTerminals;

    public CommandRun(Path directory) {
        this.directory = directory;
    }

    public CommandRun environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    public CommandRun input(String text) {
        input = text;
        return this;
    }

    /** A person sits at standard input. */
    public CommandRun inputIsTerminal() {
        inputIsTerminal = true;
        return this;
    }

    /** A person reads standard output and error. */
    public CommandRun outputsAreTerminals() {
        outputsAreTerminals = true;
        return this;
    }

    public Result run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Terminal terminal = Terminal.of(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                out,
                err,
                inputIsTerminal,
                outputsAreTerminals,
                outputsAreTerminals);
        int exitCode = Main.run(new CliContext(terminal, environment, directory, null), arguments);
        return new Result(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}

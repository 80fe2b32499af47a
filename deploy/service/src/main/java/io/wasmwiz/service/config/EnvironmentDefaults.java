package io.wasmwiz.service.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Gives every flag an environment default: {@code --grpc-port} reads {@code WASMWIZ_GRPC_PORT}, and
 * {@code --database-url} reads {@code DATABASE_URL}. Where the variable with {@code _FILE} appended is set, the value is
 * that file's content without the trailing newline, which keeps secrets out of the environment. Thread-safe.
 */
public final class EnvironmentDefaults implements IDefaultValueProvider {
    private static final String PREFIX = "WASMWIZ_";

    /** Variables of the command-line client, of logging and of deploy/wasmwiz, which may be set where a service starts. */
    private static final Set<String> OF_OTHERS = Set.of(
            "WASMWIZ_SERVER",
            "WASMWIZ_KEY",
            "WASMWIZ_KEY_FILE",
            "WASMWIZ_LOG_FORMAT",
            "WASMWIZ_LOG_LEVEL",
            "WASMWIZ_JAVA_OPTS",
            "WASMWIZ_BUILD",
            "WASMWIZ_DEBUG",
            "WASMWIZ_EXECUTOR_ADMIN",
            "WASMWIZ_METERING_ADMIN");

    private final Map<String, String> environment;

    public EnvironmentDefaults(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) throws IOException {
        if (!(argument instanceof OptionSpec option)) {
            return null;
        }
        String variable = variableOf(option);
        String file = environment.get(variable + "_FILE");
        if (file != null) {
            return Files.readString(Path.of(file)).stripTrailing();
        }
        return environment.get(variable);
    }

    /** The variable that stands for a flag. */
    public static String variableOf(OptionSpec option) {
        String name = option.longestName();
        if (name.equals("--database-url")) {
            return "DATABASE_URL";
        }
        return PREFIX + name.replaceFirst("^-+", "").replace('-', '_').toUpperCase(Locale.ROOT);
    }

    /** Throws {@link ConfigException} where {@link #noteUnknown} finds something. */
    public void refuseUnknown(CommandSpec... commands) {
        Problems problems = new Problems();
        noteUnknown(problems, commands);
        problems.check();
    }

    /**
     * Notes variables that start with {@code WASMWIZ_} and belong to none of {@code commands}: a misspelt setting must
     * not be ignored.
     */
    public void noteUnknown(Problems problems, CommandSpec... commands) {
        Set<String> known = new TreeSet<>();
        for (CommandSpec command : commands) {
            for (OptionSpec option : command.options()) {
                known.add(variableOf(option));
                known.add(variableOf(option) + "_FILE");
            }
        }
        for (String variable : new TreeSet<>(environment.keySet())) {
            problems.require(
                    !variable.startsWith(PREFIX) || known.contains(variable) || OF_OTHERS.contains(variable),
                    "unknown environment variable %s; --help lists the flags, each is WASMWIZ_ and its name",
                    variable);
        }
    }
}

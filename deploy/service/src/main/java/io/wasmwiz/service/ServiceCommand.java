package io.wasmwiz.service;

import io.wasmwiz.service.config.ConfigException;
import io.wasmwiz.service.config.EnvironmentDefaults;
import io.wasmwiz.service.database.SchemaMismatchException;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine;

/**
 * Runs a picocli command as a process of ours does: environment defaults, unknown variables refused, configuration faults
 * listed and answered with exit code 78 (EX_CONFIG, sysexits.h), an unfit schema or database with 69 (EX_UNAVAILABLE).
 */
public final class ServiceCommand {
    /** Exit code for a configuration that cannot work. */
    public static final int EX_CONFIG = 78;

    /** Exit code for a dependency that does not fit or does not answer. */
    public static final int EX_UNAVAILABLE = 69;

    private ServiceCommand() {}

    /** Runs {@code command} and returns its exit code. */
    public static int run(Object command, Map<String, String> environment, String... arguments) {
        EnvironmentDefaults defaults = new EnvironmentDefaults(environment);
        CommandLine line = new CommandLine(command);
        line.setDefaultValueProvider(defaults);
        line.setExecutionExceptionHandler((exception, failed, parsed) -> explain(exception, failed));
        line.setExecutionStrategy(parsed -> {
            try {
                defaults.refuseUnknown(specs(line));
            } catch (ConfigException e) {
                // Nothing runs yet, so the handler above does not see it.
                return refuse(e, line.getErr());
            }
            return new CommandLine.RunLast().execute(parsed);
        });
        return line.execute(arguments);
    }

    private static CommandLine.Model.CommandSpec[] specs(CommandLine line) {
        return java.util.stream.Stream.concat(java.util.stream.Stream.of(line), line.getSubcommands().values().stream())
                .map(CommandLine::getCommandSpec)
                .toArray(CommandLine.Model.CommandSpec[]::new);
    }

    private static int explain(Exception exception, CommandLine failed) throws Exception {
        PrintWriter err = failed.getErr();
        if (exception instanceof ConfigException config) {
            return refuse(config, err);
        }
        if (exception instanceof SchemaMismatchException) {
            err.println(exception.getMessage());
            return EX_UNAVAILABLE;
        }
        throw exception;
    }

    private static int refuse(ConfigException config, PrintWriter err) {
        err.println("configuration refused:");
        config.faults().forEach(fault -> err.println("  - " + fault));
        return EX_CONFIG;
    }
}

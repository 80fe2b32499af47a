package io.wasmwiz.cli;

import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.wasmwiz.cli.admin.AdminCommand;
import io.wasmwiz.cli.batch.BatchCommand;
import io.wasmwiz.cli.doctor.DoctorCommand;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.failure.ServerFailure;
import io.wasmwiz.cli.load.LoadCommand;
import io.wasmwiz.cli.modules.ModulesCommand;
import io.wasmwiz.cli.run.RunCommand;
import io.wasmwiz.cli.text.Printable;
import io.wasmwiz.cli.usage.UsageCommand;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code wasmwiz} command, the client's side. */
public final class Main {
    // Suppliers, so that a run does not pay for reading the annotations of commands that it does not use.
    private static final Map<String, Function<CliContext, Object>> COMMANDS = commands();

    private Main() {}

    private static Map<String, Function<CliContext, Object>> commands() {
        Map<String, Function<CliContext, Object>> commands = new LinkedHashMap<>();
        commands.put("run", RunCommand::new);
        commands.put("batch", BatchCommand::new);
        commands.put("modules", ModulesCommand::new);
        commands.put("usage", UsageCommand::new);
        commands.put("admin", AdminCommand::new);
        commands.put("load", LoadCommand::new);
        commands.put("doctor", DoctorCommand::new);
        commands.put("completion", CompletionCommand::new);
        for (ScriptCommand command : ScriptCommand.values()) {
            commands.put(command.commandName(), context -> command.spec());
        }
        return commands;
    }

    /** Runs the command and ends the process with its exit code. */
    public static void main(String... arguments) {
        CliContext context = CliContext.ofProcess();
        int exitCode = run(context, arguments);
        System.exit(exitCode);
    }

    /** Runs the command; everything it prints is flushed when this returns. */
    public static int run(CliContext context, String... arguments) {
        CommandLine line = commandLine(context, arguments);
        PrintStream out = context.terminal().out();
        line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(context.terminal().err(), true, StandardCharsets.UTF_8));
        int exitCode = line.execute(arguments);
        line.getOut().flush();
        out.flush();
        if (out.checkError() && exitCode == ExitCode.OK) {
            context.terminal().err().println("wasmwiz: standard output could not be written");
            return ExitCode.IO;
        }
        return exitCode;
    }

    /** The command with the subcommand that {@code arguments} name, or with all where they name none. */
    static CommandLine commandLine(CliContext context, String... arguments) {
        CommandLine line = new CommandLine(new Wasmwiz());
        Function<CliContext, Object> only = arguments.length == 0 ? null : COMMANDS.get(arguments[0]);
        if (only == null) {
            COMMANDS.forEach((name, command) -> line.addSubcommand(name, subcommand(command.apply(context))));
        } else {
            line.addSubcommand(arguments[0], subcommand(only.apply(context)));
        }
        line.getCommandSpec()
                .addOption(OptionSpec.builder("-V", "--version")
                        .versionHelp(true)
                        .description("Print the version and exit.")
                        .build());
        prepare(line.getCommandSpec());
        line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, Wasmwiz::commandList);
        listExitCodes(line.getCommandSpec());
        CommandLine run = line.getSubcommands().get("run");
        if (run != null) {
            listExitCodes(run.getCommandSpec());
        }
        // An argument of a guest may start with @.
        line.setExpandAtFiles(false);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setColorScheme(CommandLine.Help.defaultColorScheme(
                context.outStyle().coloured() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
        line.setParameterExceptionHandler((exception, parsed) -> explainUsage(exception));
        line.setExecutionExceptionHandler((exception, failed, parsed) -> explain(exception, context));
        return line;
    }

    private static CommandLine subcommand(Object command) {
        CommandLine line = new CommandLine(command);
        if (command instanceof HasSubcommands group) {
            group.subcommands().forEach(member -> line.addSubcommand(subcommand(member)));
        }
        return line;
    }

    private static void prepare(CommandSpec spec) {
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Print this help and exit.")
                .build());
        spec.usageMessage().width(100);
        spec.exitCodeOnInvalidInput(ExitCode.USAGE);
        spec.exitCodeOnExecutionException(ExitCode.INTERNAL);
        spec.subcommands().values().forEach(subcommand -> prepare(subcommand.getCommandSpec()));
    }

    private static void listExitCodes(CommandSpec spec) {
        Map<String, String> help = new LinkedHashMap<>();
        for (String line : ExitCode.HELP) {
            int colon = line.indexOf(':');
            help.put(line.substring(0, colon), line.substring(colon + 1));
        }
        spec.usageMessage().exitCodeListHeading("%nExit codes:%n");
        spec.usageMessage().exitCodeList(help);
    }

    private static int explainUsage(ParameterException exception) {
        CommandLine failed = exception.getCommandLine();
        PrintWriter err = failed.getErr();
        err.println(failed.getCommandSpec().qualifiedName() + ": " + Printable.line(message(exception)));
        suggest(exception, err);
        err.println("Try '" + failed.getCommandSpec().qualifiedName() + " --help'.");
        return ExitCode.USAGE;
    }

    private static void suggest(ParameterException exception, PrintWriter err) {
        if (exception instanceof UnmatchedArgumentException unmatched) {
            CommandSpec spec = exception.getCommandLine().getCommandSpec();
            String typed = unmatched.getUnmatched().get(0);
            List<String> meant = typed.startsWith("-")
                    ? NearestNames.of(typed, spec.optionsMap().keySet())
                    : NearestNames.of(typed, spec.subcommands().keySet()).stream()
                            .map(name -> spec.qualifiedName() + " " + name)
                            .toList();
            if (!meant.isEmpty()) {
                err.println("Did you mean: " + String.join(" or ", meant) + "?");
            }
        }
    }

    private static int explain(Exception exception, CliContext context) {
        PrintStream err = context.terminal().err();
        context.terminal().out().flush();
        if ("1".equals(context.environment().get("WASMWIZ_DEBUG"))) {
            exception.printStackTrace(err);
        }
        Explanation explanation = Explanation.of(exception);
        err.println(context.errStyle().red("wasmwiz: ") + explanation.lines().get(0));
        explanation.lines().stream().skip(1).forEach(err::println);
        return explanation.exitCode();
    }

    private static String message(Throwable exception) {
        return exception.getMessage() == null ? exception.getClass().getSimpleName() : exception.getMessage();
    }

    /** What is printed for a failure, and its exit code. */
    private record Explanation(int exitCode, List<String> lines) {
        static Explanation of(Exception exception) {
            if (exception instanceof CommandFailure failure) {
                List<String> lines = new java.util.ArrayList<>();
                lines.add(Printable.line(message(failure)));
                failure.details().forEach(detail -> lines.add("  " + Printable.line(detail)));
                return new Explanation(failure.exitCode(), lines);
            }
            if (exception instanceof StatusRuntimeException status) {
                return of(ServerFailure.of(status.getStatus(), status.getTrailers()));
            }
            if (exception instanceof StatusException status) {
                return of(ServerFailure.of(status.getStatus(), status.getTrailers()));
            }
            if (exception instanceof java.io.IOException || exception instanceof UncheckedIOException) {
                return new Explanation(ExitCode.IO, List.of(Printable.line(message(exception))));
            }
            return new Explanation(
                    ExitCode.INTERNAL,
                    List.of(
                            "fault of this program: " + exception.getClass().getSimpleName() + ": "
                                    + Printable.line(message(exception)),
                            "  WASMWIZ_DEBUG=1 shows where"));
        }

        private static Explanation of(ServerFailure failure) {
            return new Explanation(failure.exitCode(), failure.lines());
        }
    }
}

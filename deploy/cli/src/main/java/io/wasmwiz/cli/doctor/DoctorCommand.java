package io.wasmwiz.cli.doctor;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.wasmwiz.cli.BuildVersion;
import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.connect.ServerConnection;
import io.wasmwiz.cli.connect.ServerOptions;
import io.wasmwiz.cli.connect.StackFile;
import io.wasmwiz.cli.connect.Target;
import io.wasmwiz.cli.text.Json;
import io.wasmwiz.cli.text.Printable;
import io.wasmwiz.cli.text.Style;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Looks at everything a call needs and says what to do about each fault. */
@Command(
        name = "doctor",
        description = {
            "Check server, key, versions, clock, dependencies and sandbox, and say what to do about each fault.",
            "Exits with 0 only when all is well, otherwise with 1. The sandbox check runs a module: one unit of the quota."
        })
public final class DoctorCommand implements Callable<Integer> {
    private static final int UNWELL = 1;

    private final CliContext context;

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Option(
            names = "--executor-admin",
            paramLabel = "HOST:PORT",
            description = "Admin port of the executor. Default: WASMWIZ_EXECUTOR_ADMIN, else the local stack's.")
    private @Nullable String executorAdmin;

    @Option(
            names = "--metering-admin",
            paramLabel = "HOST:PORT",
            description = "Admin port of metering. Default: WASMWIZ_METERING_ADMIN, else the local stack's.")
    private @Nullable String meteringAdmin;

    @Option(names = "--no-run", description = "Run no module: leaves the quota alone, and sandbox and clock unchecked.")
    private boolean noRun;

    @Option(names = "--json", description = "Print the findings as JSON.")
    private boolean json;

    public DoctorCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException {
        Target target = Target.resolve(server, context);
        List<Finding> findings = examine(target);
        if (json) {
            printJson(findings);
        } else {
            print(findings);
        }
        return findings.stream().anyMatch(finding -> finding.verdict() == Finding.Verdict.FAULT) ? UNWELL : 0;
    }

    private List<Finding> examine(Target target) throws IOException {
        List<Finding> findings = new ArrayList<>();
        try (ServerConnection connection = ServerConnection.open(target)) {
            ServerChecks checks = new ServerChecks(target, connection);
            Finding reachable = checks.reachable();
            findings.add(reachable);
            boolean reached = reachable.verdict() == Finding.Verdict.OK;
            if (reached) {
                findings.addAll(checks.health());
                findings.add(checks.key());
            }
            StackFile stack = target.stack();
            if (stack != null) {
                stack.processes().forEach((name, pid) -> findings.add(process(name, pid)));
            }
            findings.addAll(AdminChecks.of(
                    "executor",
                    admin(executorAdmin, "WASMWIZ_EXECUTOR_ADMIN", stack == null ? null : stack.executorAdmin()),
                    BuildVersion.read()));
            findings.addAll(AdminChecks.of(
                    "metering",
                    admin(meteringAdmin, "WASMWIZ_METERING_ADMIN", stack == null ? null : stack.meteringAdmin()),
                    BuildVersion.read()));
            if (noRun || !reached) {
                findings.add(
                        Finding.skipped("sandbox", noRun ? "left out by --no-run" : "the server is not reachable"));
            } else {
                findings.addAll(new SandboxCheck(connection, Clock.systemUTC()).check());
            }
        }
        return findings;
    }

    private static Finding process(String name, long pid) {
        String check = "process " + name;
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)
                ? Finding.ok(check, "runs (" + pid + ")")
                : Finding.fault(check, pid + " does not run", "stop the local stack and start it again: wasmwiz local");
    }

    private @Nullable String admin(@Nullable String flag, String variable, @Nullable String ofStack) {
        if (flag != null) {
            return flag;
        }
        String value = context.environment().getOrDefault(variable, "");
        return value.isEmpty() ? ofStack : value;
    }

    private void print(List<Finding> findings) {
        PrintStream out = context.terminal().out();
        Style style = context.outStyle();
        for (Finding finding : findings) {
            String verdict = switch (finding.verdict()) {
                case OK -> style.green("ok     ");
                case FAULT -> style.red("FAULT  ");
                case SKIPPED -> style.faint("skipped");
            };
            out.println(verdict + "  " + Printable.line(finding.check()) + ": " + Printable.line(finding.text()));
            if (!finding.advice().isEmpty()) {
                out.println("         → " + finding.advice());
            }
        }
        long faults = findings.stream()
                .filter(finding -> finding.verdict() == Finding.Verdict.FAULT)
                .count();
        out.println(faults == 0 ? "all is well" : faults + (faults == 1 ? " fault" : " faults"));
    }

    private void printJson(List<Finding> findings) {
        JsonArray array = new JsonArray();
        for (Finding finding : findings) {
            JsonObject object = new JsonObject();
            object.addProperty("check", finding.check());
            object.addProperty("verdict", finding.verdict().name().toLowerCase(Locale.ROOT));
            object.addProperty("text", finding.text());
            object.addProperty("advice", finding.advice());
            array.add(object);
        }
        context.terminal().out().println(Json.print(array));
    }
}

package io.wasmwiz.cli.usage;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.HasSubcommands;
import io.wasmwiz.cli.connect.ServerConnection;
import io.wasmwiz.cli.connect.ServerOptions;
import io.wasmwiz.cli.connect.Target;
import io.wasmwiz.cli.export.ExportCommand;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.run.Outcome;
import io.wasmwiz.cli.text.Json;
import io.wasmwiz.cli.text.Printable;
import io.wasmwiz.cli.text.Table;
import io.wasmwiz.cli.text.Times;
import io.wasmwiz.cli.text.Units;
import io.wasmwiz.v1.GetQuotaRequest;
import io.wasmwiz.v1.GetQuotaResponse;
import io.wasmwiz.v1.ListExecutionsRequest;
import io.wasmwiz.v1.QuotaWindow;
import io.wasmwiz.v1.Receipt;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Today's counter, what is left of the quota, charts of what was used, and the newest executions. */
@Command(
        name = "usage",
        description = "Show today's usage, the quota left, thirty days in charts, and recent executions.")
public final class UsageCommand implements Callable<Integer>, HasSubcommands {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final int LARGEST_PAGE = 1_000;

    private final CliContext context;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "10",
            description = "Executions shown, 0 to 1000. Default: ${DEFAULT-VALUE}.")
    private int limit;

    @Option(names = "--json", description = "Print JSON: quota, sums and executions.")
    private boolean json;

    @Mixin
    private ServerOptions server = new ServerOptions();

    public UsageCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public List<Object> subcommands() {
        return List.of(new ExportCommand(context));
    }

    @Override
    public Integer call() throws IOException {
        if (limit < 0 || limit > LARGEST_PAGE) {
            throw new CommandFailure(ExitCode.USAGE, "--limit must be 0 to %d, was %d".formatted(LARGEST_PAGE, limit));
        }
        GetQuotaResponse quota;
        UsageSummary summary;
        List<Receipt> executions;
        try (ServerConnection connection = ServerConnection.open(Target.resolve(server, context))) {
            var stub = connection.stub(UsageServiceGrpc::newBlockingStub, DEADLINE);
            quota = stub.getQuota(GetQuotaRequest.getDefaultInstance());
            summary = UsageSummary.read(stub, quota.getDay().getResetsAt());
            executions = limit == 0
                    ? List.of()
                    : stub.listExecutions(ListExecutionsRequest.newBuilder()
                                    .setPageSize(limit)
                                    .build())
                            .getExecutionsList();
        }
        if (json) {
            printJson(quota, summary, executions);
        } else {
            print(quota, summary, executions);
        }
        return ExitCode.OK;
    }

    private void printJson(GetQuotaResponse quota, UsageSummary summary, List<Receipt> executions) throws IOException {
        JsonArray array = new JsonArray();
        for (Receipt receipt : executions) {
            array.add(Json.tree(receipt));
        }
        JsonObject root = new JsonObject();
        root.add("quota", Json.tree(quota));
        root.add("usage", summary.json());
        root.add("executions", array);
        context.terminal().out().println(Json.print(root));
    }

    private void print(GetQuotaResponse quota, UsageSummary summary, List<Receipt> executions) {
        PrintStream out = context.terminal().out();
        QuotaWindow day = quota.getDay();
        out.println(Printable.line("tier         %s (version %d): %s of memory, %s a run, %d at once, %d a minute"
                .formatted(
                        quota.getTier(),
                        quota.getTierVersion(),
                        Units.bytes(quota.getMemoryBytes()),
                        Units.micros(quota.getRunTimeMs() * 1_000.0),
                        quota.getMaxConcurrency(),
                        quota.getExecutionsPerMinute())));
        out.println("today        %d of %d charged, %s on the ledger"
                .formatted(day.getCharged(), day.getLimit(), Units.count(day.getExecutions(), "execution")));
        // Units that executors hold and have not charged are still this account's to use.
        out.println("left         %d until %s, %d of them held by executors (%d by the one that answered)"
                .formatted(
                        Math.max(0, day.getLimit() - day.getCharged()),
                        Times.second(day.getResetsAt()),
                        Math.max(0, day.getHeld() - day.getCharged()),
                        day.getUnspentHere()));
        if (quota.hasMinute()) {
            out.println("this minute  " + window(quota.getMinute()));
        }
        if (quota.hasKeyDay()) {
            out.println("key's day    " + window(quota.getKeyDay()));
        }
        if (quota.hasKeyMinute()) {
            out.println("key's minute " + window(quota.getKeyMinute()));
        }
        out.println();
        summary.print(out);
        if (executions.isEmpty()) {
            return;
        }
        out.println();
        Table table = new Table("ADMITTED", "EXECUTION", "MODULE", "RESULT", "WALL", "CPU", "MEMORY", "CHARGED");
        for (Receipt receipt : executions) {
            String digest = receipt.getModuleDigest();
            table.row(
                    Times.second(receipt.getAdmittedAt()),
                    receipt.getExecutionId(),
                    digest.substring(0, Math.min(12, digest.length())),
                    Outcome.describe(receipt),
                    Units.micros(receipt.getWallTimeUs()),
                    Units.micros(receipt.getCpuTimeUs()),
                    Units.bytes(receipt.getPeakMemoryBytes()),
                    receipt.getCharged() ? "yes" : "no");
        }
        table.print(out);
    }

    private static String window(QuotaWindow window) {
        return "%d of %d left until %s"
                .formatted(window.getRemaining(), window.getLimit(), Times.second(window.getResetsAt()));
    }
}

package io.wasmwiz.local.bench;

import com.google.gson.JsonObject;
import io.wasmwiz.embedded.EmbeddedServerException;
import io.wasmwiz.embedded.FileTrees;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.metering.reconcile.ReconcileCommand;
import io.wasmwiz.migrations.ServiceRole;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.ServiceCommand;
import io.wasmwiz.service.config.Problems;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wasmwiz bench batch}: one batch, whole or cut, and its books. */
@Command(
        name = "batch",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = {
            "Runs one batch on a stack of its own, cuts its stream as often as is asked for and resumes it, and proves that"
                    + " each item was answered once and charged once and that the books reconcile.",
            "Looks at the executor's memory once a second."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:it is so", "1:it is not", "69:the stack did not start", "78:a flag is wrong"})
final class BatchProofCommand implements Callable<Integer> {
    private static final Duration BACKLOG_LIMIT = Duration.ofMinutes(10);

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--items", paramLabel = "N", defaultValue = "1000000", description = "1,000 to 1,000,000,000.")
    private int items;

    @Option(names = "--cuts", paramLabel = "N", defaultValue = "0", description = "Cuts at random places, 0 to 1,000.")
    private int cuts;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Of the cuts' places.")
    private long seed;

    @Option(names = "--executor-heap-mib", paramLabel = "MIB", defaultValue = "256", description = "Java heap.")
    private int executorHeapMib;

    @Override
    public Integer call() throws Exception {
        Problems problems = new Problems();
        problems.requireRange("--items", items, 1_000, 1_000_000_000);
        problems.requireRange("--cuts", cuts, 0, 1_000);
        problems.check();
        Progress progress = new Progress(System.err);
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        try (Closer closer = new Closer()) {
            Path directory = Files.createTempDirectory("wasmwiz-bench-");
            closer.add(() -> FileTrees.delete(directory));
            BenchStack stack = closer.add(BenchStack.start(directory, executorHeapMib, progress));
            LoadResult result;
            List<MemoryWatch.Look> looks;
            try (MemoryWatch watch = MemoryWatch.open(stack.executor())) {
                result = progress.step("the batch", () -> new LoadClient(stack).executions(flags()));
                looks = watch.looks();
            }
            String left = stack.backlog().await(BACKLOG_LIMIT);
            StringWriter books = new StringWriter();
            int reconciled = reconcile(stack, new PrintWriter(books));
            print(out, result, looks);
            out.println("left         " + (left.isEmpty() ? "nothing" : left));
            out.println("books        " + books.toString().strip().replace("\n", "\n             "));
            boolean passed = result.exitCode() == 0 && left.isEmpty() && reconciled == 0;
            out.println(passed ? "proved" : "NOT PROVED");
            out.flush();
            return passed ? 0 : 1;
        } catch (EmbeddedServerException e) {
            spec.commandLine().getErr().println("wasmwiz bench: " + e.getMessage());
            return ServiceCommand.EX_UNAVAILABLE;
        }
    }

    private String[] flags() {
        List<String> flags = new ArrayList<>(List.of(
                "--mode",
                "batch",
                "--concurrency",
                "2000",
                "--count",
                String.valueOf(items),
                "--no-warm-up",
                "--verify",
                "--cuts",
                String.valueOf(cuts),
                "--seed",
                String.valueOf(seed)));
        return flags.toArray(String[]::new);
    }

    private static int reconcile(BenchStack stack, PrintWriter report) {
        return new CommandLine(new ReconcileCommand())
                .setOut(report)
                .setErr(report)
                .execute(
                        "--database-url=" + stack.cluster().database().url(ServiceRole.READER),
                        "--kafka-bootstrap-servers=" + stack.cluster().bootstrapServers(),
                        "--max-findings=20");
    }

    private void print(PrintWriter out, LoadResult result, List<MemoryWatch.Look> looks) {
        JsonObject batch = result.report().getAsJsonObject("verification");
        out.printf(
                "batch        %,d items, %,d answered, %,d answers too many, %,d cuts, %,.0f/s%n",
                batch.get("items").getAsLong(),
                batch.get("answered").getAsLong(),
                batch.get("surplus_answers").getAsLong(),
                batch.get("cuts").getAsLong(),
                result.perSecond());
        out.printf(
                "ledger       %,d charged, %,d expected, %,d reruns uncharged%n",
                batch.get("ledger_charged").getAsLong(),
                batch.get("expected_charged").getAsLong(),
                batch.get("ledger_reruns").getAsLong());
        for (int quarter = 0; quarter < 4 && looks.size() >= 4; quarter++) {
            List<MemoryWatch.Look> some = looks.subList(looks.size() * quarter / 4, looks.size() * (quarter + 1) / 4);
            out.printf(
                    "memory       quarter %d: heap least %,d MiB, most %,d MiB of %,d; resident most %,d MiB%n",
                    quarter + 1,
                    some.stream().mapToLong(MemoryWatch.Look::heapMib).min().orElse(0),
                    some.stream().mapToLong(MemoryWatch.Look::heapMib).max().orElse(0),
                    executorHeapMib,
                    some.stream().mapToLong(MemoryWatch.Look::residentMib).max().orElse(0));
        }
    }
}

package io.wasmwiz.cli.load;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.health.v1.HealthGrpc;
import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.connect.ServerConnection;
import io.wasmwiz.cli.connect.ServerOptions;
import io.wasmwiz.cli.connect.StackFile;
import io.wasmwiz.cli.connect.Target;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.failure.ServerFailure;
import io.wasmwiz.cli.module.BoundedInput;
import io.wasmwiz.cli.module.ModuleArgument;
import io.wasmwiz.cli.run.ModuleCall;
import io.wasmwiz.cli.run.RunOptions;
import io.wasmwiz.cli.text.DurationConverter;
import io.wasmwiz.cli.text.Progress;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Loads a server with executions of one module and reports latencies, failures and processor time. */
@Command(
        name = "load",
        description = {
            "Load a server with executions of one module; report latencies, failures and processor time per call.",
            "Every call is metered and charged like any other.",
            "A closed loop (--concurrency) starts the next call when one ends; an open loop (--rate) starts calls when they"
                    + " are due and measures from then."
        })
public final class LoadCommand implements Callable<Integer> {
    private static final long LARGEST_INPUT_BYTES = 64L << 20;
    private static final int LARGEST_CONCURRENCY = 10_000;
    private static final int OPEN_LOOP_IN_FLIGHT = 10_000;
    private static final int LARGEST_RATE = 1_000_000;
    private static final long LARGEST_COUNT = 1_000_000_000;
    private static final Duration LONGEST_LOAD = Duration.ofHours(24);

    private final CliContext context;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "MODULE",
            description = "A .wasm file, or the digest of an uploaded module; none for empty calls.")
    private @Nullable String module;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            converter = LoadMode.Converter.class,
            defaultValue = "unary",
            description =
                    "unary: each call an execution (default); batch: each an item of one stream; empty: health checks,"
                            + " the floor.")
    private LoadMode mode = LoadMode.UNARY;

    @Mixin
    private BatchLoadOptions batchOptions = new BatchLoadOptions();

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            description = "Closed loop: calls at once, 1 to 10000. Default: 8, in a batch 1024.")
    private @Nullable Integer concurrency;

    @Option(names = "--rate", paramLabel = "N", description = "Open loop: calls per second, up to 1000000.")
    private @Nullable Double rate;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Time to load, at most 24h. Default: 10s, or unlimited with --count.")
    private @Nullable Duration duration;

    @Option(names = "--count", paramLabel = "N", description = "Calls to make, at most 1000000000.")
    private @Nullable Long count;

    @Option(
            names = "--warm-up",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "2s",
            description = "Load before measuring begins. Default: ${DEFAULT-VALUE}.")
    private Duration warmUp = Duration.ofSeconds(2);

    @Option(names = "--no-warm-up", description = "Measure from the first call.")
    private boolean noWarmUp;

    @Option(
            names = "--call-deadline",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "60s",
            description = "Longest call, at most 10m. Default: ${DEFAULT-VALUE}.")
    private Duration callDeadline = Duration.ofSeconds(60);

    @Option(
            names = "--request-ids",
            description =
                    "Give each call a request id, so that gRPC may repeat it where a server was overloaded or lost.")
    private boolean requestIds;

    @Option(
            names = "--pid",
            paramLabel = "[NAME=]PID",
            description = "Local process to report processor time of; repeat for more. Default: the local stack's.")
    private List<String> pids = new ArrayList<>();

    @Mixin
    private RunOptions options = new RunOptions();

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Show no progress.")
    private boolean quiet;

    public LoadCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws InterruptedException {
        LoadPlan plan = plan();
        Target target = Target.resolve(server, context);
        ProcessCpu processes = new ProcessCpu(processes(target.stack()));
        try (ServerConnection connection =
                requestIds ? ServerConnection.openForRequestIds(target) : ServerConnection.open(target)) {
            return switch (mode) {
                case EMPTY ->
                    calls(plan, processes, CallLoad.empty(connection.stub(HealthGrpc::newStub), callDeadline));
                case UNARY -> {
                    ExecuteRequest request = prepare(connection, input());
                    var stub = connection.stub(ExecutionServiceGrpc::newStub);
                    yield calls(
                            plan,
                            processes,
                            requestIds
                                    ? CallLoad.executionsWithIds(stub, request, callDeadline)
                                    : CallLoad.executions(stub, request, callDeadline));
                }
                case BATCH -> batch(plan, processes, connection);
            };
        }
    }

    private int calls(LoadPlan plan, ProcessCpu processes, CallLoad load) throws InterruptedException {
        LoadReport report = load(plan, processes, load);
        print(report, null);
        ServerFailure failure = load.lastFailure();
        return report.tally().replies().getTotalCount() > 0 || failure == null ? ExitCode.OK : failure.exitCode();
    }

    private int batch(LoadPlan plan, ProcessCpu processes, ServerConnection connection) throws InterruptedException {
        ByteString input = input();
        ExecuteRequest shared =
                prepare(connection, input).toBuilder().clearInput().build();
        BatchLoad load = new BatchLoad(
                connection.stub(ExecutionServiceGrpc::newStub), shared, input, batchOptions, Ticker.system());
        LoadReport report = load(plan, processes, load);
        BatchTrial trial = load.last();
        LedgerCheck check = trial == null || !batchOptions.verifies()
                ? null
                : LedgerCheck.of(
                        trial,
                        report.tally().replies().getTotalCount(),
                        connection.stub(UsageServiceGrpc::newBlockingStub));
        print(report, check);
        return check == null || check.isPassed() ? ExitCode.OK : ExitCode.SOME_FAILED;
    }

    private void print(LoadReport report, @Nullable LedgerCheck check) {
        PrintStream out = context.terminal().out();
        if (json) {
            out.println(report.json(check));
            return;
        }
        report.print(out);
        if (check != null) {
            check.print(out);
        }
    }

    /**
     * The request of every call, by digest. Runs it once: that fails with an explanation where a load would only count
     * failures, and leaves the module on the server.
     */
    private ExecuteRequest prepare(ServerConnection connection, ByteString input) {
        ModuleArgument argument = ModuleArgument.parse(Objects.requireNonNull(module), context.directory());
        ExecuteRequest.Builder request = options.request(input, List.of());
        if (requestIds) {
            request.setRequestId(UUID.randomUUID().toString());
        }
        ModuleCall.execute(connection.stub(ExecutionServiceGrpc::newBlockingStub, callDeadline), argument, request);
        return request.clearRequestId()
                .setModule(ModuleCall.byDigest(argument.digest()))
                .build();
    }

    @SuppressWarnings("try") // The progress line lives as long as its block.
    private LoadReport load(LoadPlan plan, ProcessCpu processes, Load load) throws InterruptedException {
        Tally tally = new Tally();
        try (Progress progress = Progress.start(
                context.terminal(), quiet, seconds -> "loading, %d s, %d calls".formatted(seconds, tally.ended()))) {
            if (!noWarmUp) {
                load.run(new LoadPlan(plan.ratePerSecond(), plan.inFlight(), Long.MAX_VALUE, warmUp), new Tally());
            }
            Map<String, Long> before = processes.sample();
            Duration elapsed = load.run(plan, tally);
            return new LoadReport(mode, plan, tally, elapsed, ProcessCpu.difference(before, processes.sample()));
        }
    }

    private LoadPlan plan() {
        requireUsage(rate == null || concurrency == null, "--rate and --concurrency exclude each other");
        requireUsage(mode == LoadMode.EMPTY || module != null, "which MODULE to load with?");
        requireUsage(mode != LoadMode.BATCH || rate == null, "--mode batch is a closed loop: it has no --rate");
        requireUsage(mode == LoadMode.BATCH || !batchOptions.isGiven(), "--cuts and --verify are of --mode batch");
        requireUsage(mode == LoadMode.UNARY || !requestIds, "--request-ids is of --mode unary");
        requireUsage(
                batchOptions.cuts() >= 0 && batchOptions.cuts() <= BatchLoadOptions.LARGEST_CUTS,
                "--cuts must be 0 to 10000");
        requireUsage(batchOptions.cuts() == 0 || (count != null && noWarmUp), "--cuts needs --count and --no-warm-up");
        requireUsage(rate == null || (rate > 0 && rate <= LARGEST_RATE), "--rate must be above 0 and at most 1000000");
        requireUsage(
                concurrency == null || (concurrency >= 1 && concurrency <= LARGEST_CONCURRENCY),
                "--concurrency must be 1 to 10000");
        requireUsage(count == null || (count >= 1 && count <= LARGEST_COUNT), "--count must be 1 to 1000000000");
        requireUsage(duration == null || duration.compareTo(LONGEST_LOAD) <= 0, "--duration must be at most 24h");
        requireUsage(warmUp.compareTo(LONGEST_LOAD) <= 0, "--warm-up must be at most 24h");
        requireUsage(callDeadline.compareTo(Duration.ofMinutes(10)) <= 0, "--call-deadline must be at most 10m");
        Duration time = duration != null ? duration : count != null ? LONGEST_LOAD : Duration.ofSeconds(10);
        return new LoadPlan(
                rate == null ? 0 : rate,
                rate != null ? OPEN_LOOP_IN_FLIGHT : concurrency != null ? concurrency : mode.inFlight(),
                count == null ? Long.MAX_VALUE : count,
                time);
    }

    private static void requireUsage(boolean condition, String message) {
        if (!condition) {
            throw new CommandFailure(ExitCode.USAGE, message);
        }
    }

    private ByteString input() {
        String input = options.input();
        return input == null || input.equals("-")
                ? ByteString.EMPTY
                : UnsafeByteOperations.unsafeWrap(
                        BoundedInput.read(context.directory().resolve(input), LARGEST_INPUT_BYTES));
    }

    private Map<String, Long> processes(@Nullable StackFile stack) {
        Map<String, Long> processes = new LinkedHashMap<>();
        processes.put("this client", ProcessHandle.current().pid());
        if (pids.isEmpty() && stack != null) {
            processes.putAll(stack.processes());
        }
        for (String pid : pids) {
            int equals = pid.indexOf('=');
            try {
                processes.put(
                        equals < 0 ? "process " + pid : pid.substring(0, equals),
                        Long.parseLong(pid.substring(equals + 1)));
            } catch (NumberFormatException e) {
                throw new CommandFailure(ExitCode.USAGE, "--pid takes PID or NAME=PID, not '" + pid + "'");
            }
        }
        return processes;
    }
}

package io.wasmwiz.cli.export;

import com.google.protobuf.Timestamp;
import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.connect.ServerConnection;
import io.wasmwiz.cli.connect.ServerOptions;
import io.wasmwiz.cli.connect.Target;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.DurationConverter;
import io.wasmwiz.cli.text.Printable;
import io.wasmwiz.cli.text.Progress;
import io.wasmwiz.cli.text.Times;
import io.wasmwiz.v1.ExportUsageRequest;
import io.wasmwiz.v1.UsageRow;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes the account's executions to files. */
@Command(
        name = "export",
        description = {
            "Export the account's executions from the usage ledger, each exactly once.",
            "A file appears under its name when it is whole. With --resume-file another call goes on where the finished files"
                    + " end, wherever an earlier one was killed. With --follow files are numbered: usage.csv stands for"
                    + " usage-000001.csv and so on."
        })
public final class ExportCommand implements Callable<Integer> {
    private static final int LARGEST_MAX_CUTS = 1_000_000;
    private static final long LARGEST_FILE_ROWS = 100_000_000;

    private final CliContext context;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            required = true,
            description = "csv (safe to open in a spreadsheet), jsonl or parquet.")
    private Format format = Format.CSV;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where it goes; must not exist.")
    private String out = "";

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = "Only executions admitted then or later: 2026-01-31 or" + " 2026-01-31T12:00:00Z.")
    private @Nullable String from;

    @Option(
            names = "--to",
            paramLabel = "TIME",
            description = "Only executions admitted before; with --follow: go on"
                    + " until all of them that are charged are there.")
    private @Nullable String to;

    @Option(names = "--follow", description = "Go on with executions as they reach the ledger. Needs --resume-file.")
    private boolean follow;

    @Option(names = "--resume-file", paramLabel = "FILE", description = "Keeps how far the finished files reach.")
    private @Nullable String resumeFile;

    @Option(
            names = "--file-time",
            paramLabel = "DURATION",
            defaultValue = "1m",
            converter = DurationConverter.class,
            description = "With --follow: how long a file is written at most. Default: ${DEFAULT-VALUE}.")
    private Duration fileTime = Duration.ofMinutes(1);

    @Option(
            names = "--file-rows",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "With --follow: executions after which a file ends. Default: ${DEFAULT-VALUE}.")
    private long fileRows;

    @Option(names = "--skip-dropped", description = "Do without executions that retention took before they were read.")
    private boolean skipDropped;

    @Option(
            names = "--max-cuts",
            paramLabel = "N",
            defaultValue = "20",
            description = "Streams in a row that may be cut without a message. Default: ${DEFAULT-VALUE}.")
    private int maxCuts;

    @Option(
            names = {"-q", "--quiet"},
            description = "Show no progress and no summary.")
    private boolean quiet;

    @Mixin
    private ServerOptions server = new ServerOptions();

    private volatile long rows;

    public ExportCommand(CliContext context) {
        this.context = context;
    }

    @Override
    @SuppressWarnings("try") // The progress lives as long as its block.
    public Integer call() throws IOException, InterruptedException {
        require(!follow || resumeFile != null, "--follow needs --resume-file: it says which file is next");
        require(maxCuts >= 0 && maxCuts <= LARGEST_MAX_CUTS, "--max-cuts must be 0 to 1000000");
        require(fileRows >= 1 && fileRows <= LARGEST_FILE_ROWS, "--file-rows must be 1 to 100000000");
        Instant first = from == null ? null : time("--from", from);
        Instant end = to == null ? null : time("--to", to);
        require(first == null || end == null || first.isBefore(end), "--to must be after --from");
        Target target = Target.resolve(server, context);
        try (ResumeFile resume = resumeFile == null
                        ? null
                        : ResumeFile.open(context.directory().resolve(resumeFile));
                ServerConnection connection = ServerConnection.open(target)) {
            ExportUsageRequest.Builder request = ExportUsageRequest.newBuilder().setFollow(follow);
            if (first != null) {
                request.setAdmittedFrom(timestamp(first));
            }
            if (end != null) {
                request.setAdmittedBefore(timestamp(end));
            }
            if (resume != null) {
                request.setResumeToken(resume.state().token());
            }
            UsageStream stream = new UsageStream(
                    connection.stub(UsageServiceGrpc::newBlockingStub), request.build(), maxCuts, skipDropped);
            long started = System.nanoTime();
            try (Progress shown = Progress.start(context.terminal(), quiet, seconds -> progress(stream, seconds))) {
                if (follow && resume != null) {
                    follow(stream, resume, end);
                } else {
                    once(stream, resume);
                }
            }
            if (!quiet) {
                context.terminal().err().println(Printable.line(summary(stream, System.nanoTime() - started)));
            }
        }
        return ExitCode.OK;
    }

    private void once(UsageStream stream, @Nullable ResumeFile resume) throws IOException, InterruptedException {
        Path file = context.directory().resolve(out);
        if (resume != null && file.equals(resume.renamed())) {
            context.terminal().err().println(Printable.line(file + " is what an earlier export made"));
            return;
        }
        free(file);
        try (Segment segment = new Segment(file, format)) {
            stream.read(null, messages -> write(segment, messages));
            if (resume == null) {
                segment.finish();
            } else {
                segment.finish(resume, stream.token());
            }
        }
    }

    /** Ends only when everything before {@code end} is there. */
    private void follow(UsageStream stream, ResumeFile resume, @Nullable Instant end)
            throws IOException, InterruptedException {
        while (!isComplete(stream, end)) {
            Path file = free(
                    numbered(context.directory().resolve(out), resume.state().files() + 1));
            try (Segment segment = new Segment(file, format)) {
                stream.read(
                        fileTime,
                        messages -> write(segment, messages) && segment.count() < fileRows && !isComplete(stream, end));
                if (segment.count() > 0) {
                    segment.finish(resume, stream.token());
                } else {
                    resume.advance(stream.token());
                }
            }
        }
    }

    private boolean write(Segment segment, Iterable<UsageRow> messages) throws IOException {
        for (UsageRow row : messages) {
            segment.write(row);
            rows++;
        }
        return true;
    }

    private static boolean isComplete(UsageStream stream, @Nullable Instant end) {
        Timestamp watermark = stream.completeBefore();
        return end != null && watermark != null && !Times.instant(watermark).isBefore(end);
    }

    private static Path free(Path file) {
        require(!Files.exists(file), file + " exists: name another file");
        return file;
    }

    /** {@code usage-000001.csv} for {@code usage.csv}. */
    private static Path numbered(Path file, long number) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.') < 1 ? name.length() : name.lastIndexOf('.');
        return file.resolveSibling("%s-%06d%s".formatted(name.substring(0, dot), number, name.substring(dot)));
    }

    private String progress(UsageStream stream, long seconds) {
        return "%,d executions, %,d/s%s".formatted(rows, rows / Math.max(1, seconds), cuts(stream));
    }

    private String summary(UsageStream stream, long nanos) {
        Timestamp watermark = stream.completeBefore();
        return "%,d executions in %.1f s%s%s%s"
                .formatted(
                        rows,
                        nanos / 1e9,
                        cuts(stream),
                        watermark == null ? "" : "; all that are charged before " + Times.instant(watermark),
                        stream.droppedBefore() == null
                                ? ""
                                : "; retention took executions before " + stream.droppedBefore());
    }

    private static String cuts(UsageStream stream) {
        return stream.cuts() == 0 ? "" : ", cut and resumed %d times".formatted(stream.cuts());
    }

    private static Instant time(String flag, String text) {
        try {
            return text.length() == 10
                    ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw new CommandFailure(
                    ExitCode.USAGE, flag + " must be like 2026-01-31 or 2026-01-31T12:00:00Z, was " + text);
        }
    }

    private static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new CommandFailure(ExitCode.USAGE, message);
        }
    }
}

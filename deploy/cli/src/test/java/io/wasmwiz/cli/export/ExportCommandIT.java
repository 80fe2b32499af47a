package io.wasmwiz.cli.export;

import static org.assertj.core.api.Assertions.assertThat;

import blue.strategic.parquet.Hydrator;
import blue.strategic.parquet.ParquetReader;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.util.Timestamps;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import io.wasmwiz.cli.fake.CommandRun;
import io.wasmwiz.cli.fake.FakeServer;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.Receipt;
import io.wasmwiz.v1.TrapKind;
import io.wasmwiz.v1.UsageRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportCommandIT {
    @TempDir
    private Path directory;

    private FakeServer server;

    @BeforeEach
    void start() throws IOException {
        server = FakeServer.start();
        for (int i = 0; i < 5; i++) {
            server.usage().add(row(i, "item-" + i));
        }
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private CommandRun.Result export(String... flags) {
        List<String> arguments = new ArrayList<>(List.of("usage", "export"));
        arguments.addAll(List.of(flags));
        return new CommandRun(directory)
                .environment("WASMWIZ_SERVER", server.address())
                .environment("WASMWIZ_KEY", FakeServer.FREE_KEY)
                .run(arguments.toArray(String[]::new));
    }

    @Test
    void writesTheSameRowsInEveryFormat() throws IOException {
        server.usage()
                .add(UsageRow.getDefaultInstance().toBuilder()
                        .setUnchargedCause("late")
                        .setReceipt(row(5, "").getReceipt().toBuilder()
                                .setStatus(ExecutionStatus.EXECUTION_STATUS_TRAPPED)
                                .setTrap(TrapKind.TRAP_KIND_STACK_OVERFLOW)
                                .clearExitCode()
                                .setCharged(false))
                        .build());
        for (String format : List.of("csv", "jsonl", "parquet")) {
            assertThat(export("--format", format, "--out", "usage." + format).exitCode())
                    .isZero();
        }

        List<Map<String, String>> rows = jsonLines("usage.jsonl");
        assertThat(rows).hasSize(6).isEqualTo(csv("usage.csv")).isEqualTo(parquet("usage.parquet"));
        assertThat(rows.get(1))
                .hasSize(Column.ALL.size())
                .containsEntry("execution_id", "019b76da-a800-7000-8000-000000000001")
                .containsEntry("status", "completed")
                .containsEntry("exit_code", "0")
                .containsEntry("admitted_at", "2026-01-01T00:00:01.000002Z")
                .containsEntry("wall_time_us", "9007199254740993")
                .containsEntry("charged", "true")
                .containsEntry("trap", "")
                .containsEntry("item_id", "item-1");
        assertThat(rows.get(5))
                .containsEntry("trap", "stack_overflow")
                .containsEntry("exit_code", "")
                .containsEntry("api_key_id", "")
                .containsEntry("uncharged_cause", "late");
    }

    @Test
    void writesTextThatASpreadsheetWouldCalculateAsText() throws IOException {
        for (String item : List.of("=1+1", "+1", "-1", "@sum", "\t=1", "a,\"b\"\r\nc")) {
            server.usage().add(row(9, item));
        }
        export("--format", "csv", "--out", "usage.csv");

        assertThat(csv("usage.csv").stream().skip(5).map(row -> row.get("item_id")))
                .containsExactly("'=1+1", "'+1", "'-1", "'@sum", "'\t=1", "a,\"b\"\r\nc");
    }

    @Test
    void goesOnWhereAStreamWasCut() throws IOException {
        server.usage().cutAfter(2);

        CommandRun.Result result = export("--format", "jsonl", "--out", "usage.jsonl");

        assertThat(result.exitCode()).isZero();
        assertThat(result.err()).contains("5 executions").contains("cut and resumed 2 times");
        assertThat(items("usage.jsonl")).containsExactly("item-0", "item-1", "item-2", "item-3", "item-4");
    }

    @Test
    void leavesNothingBehindWhenItCannotGoOn() throws IOException {
        server.usage().cutAfter(0);

        CommandRun.Result result = export("--format", "csv", "--out", "usage.csv", "--max-cuts", "1");

        assertThat(result.exitCode()).isEqualTo(69);
        assertThat(files()).isEmpty();
    }

    @Test
    void goesOnWhereTheFinishedFilesEnd() throws IOException {
        export("--format", "jsonl", "--out", "a.jsonl", "--resume-file", "resume");
        server.usage().add(row(5, "item-5"));
        // A process that was killed while it wrote left this.
        Files.writeString(directory.resolve("b.jsonl.part"), "half a li");

        assertThat(export("--format", "jsonl", "--out", "b.jsonl", "--resume-file", "resume")
                        .exitCode())
                .isZero();

        assertThat(items("a.jsonl")).hasSize(5);
        assertThat(items("b.jsonl")).containsExactly("item-5");
        assertThat(export("--format", "jsonl", "--out", "b.jsonl", "--resume-file", "resume"))
                .matches(again -> again.exitCode() == 64 && again.err().contains("exists: name another file"));
    }

    @Test
    void renamesTheFileThatAKilledProcessHadCompleted() throws IOException {
        Path file = directory.resolve("a.jsonl");
        Files.writeString(Durable.part(file), "{\"item_id\":\"item-0\"}\n");
        Durable.replace(
                directory.resolve("resume"),
                "{\"resume_token\":\"1\",\"files\":1,\"rows\":1,\"renaming\":\"%s\"}".formatted(file));

        assertThat(export("--format", "jsonl", "--out", "a.jsonl", "--resume-file", "resume")
                        .exitCode())
                .isZero();
        export("--format", "jsonl", "--out", "b.jsonl", "--resume-file", "resume");

        assertThat(items("a.jsonl")).containsExactly("item-0");
        assertThat(items("b.jsonl")).containsExactly("item-1", "item-2", "item-3", "item-4");
    }

    @Test
    void knowsTheFileThatAKilledProcessHadJustRenamed() throws IOException {
        Path file = directory.resolve("a.jsonl");
        Files.writeString(file, "{\"item_id\":\"item-0\"}\n");
        Durable.replace(
                directory.resolve("resume"),
                "{\"resume_token\":\"1\",\"files\":1,\"rows\":1,\"renaming\":\"%s\"}".formatted(file));

        assertThat(export("--format", "jsonl", "--out", "a.jsonl", "--resume-file", "resume")
                        .exitCode())
                .isZero();

        assertThat(items("a.jsonl")).containsExactly("item-0");
    }

    @Test
    void followsInNumberedFilesUntilAllIsThere() throws IOException {
        server.usage().setCompleteBefore(Instant.parse("2026-01-02T00:00:00Z"));

        CommandRun.Result result = export(
                "--format",
                "csv",
                "--out",
                "usage.csv",
                "--follow",
                "--resume-file",
                "resume",
                "--file-rows",
                "2",
                "--to",
                "2026-01-02");

        assertThat(result.exitCode()).isZero();
        assertThat(result.err()).contains("all that are charged before 2026-01-02T00:00:00Z");
        assertThat(files())
                .containsExactly("resume", "resume.lock", "usage-000001.csv", "usage-000002.csv", "usage-000003.csv");
        assertThat(csv("usage-000003.csv")).hasSize(1);
    }

    @Test
    void endsAFileThatFollowsAfterAWhile() throws Exception {
        server.usage().setCompleteBefore(Instant.parse("2026-01-01T00:00:00Z"));
        Thread command = new Thread(() -> export(
                "--format",
                "jsonl",
                "--out",
                "usage.jsonl",
                "--follow",
                "--resume-file",
                "resume",
                "--file-time",
                "50ms"));
        command.start();
        try {
            org.awaitility.Awaitility.await()
                    .untilAsserted(() -> assertThat(files()).contains("usage-000001.jsonl"));
            server.usage().add(row(5, "item-5"));
            org.awaitility.Awaitility.await()
                    .untilAsserted(() -> assertThat(files()).contains("usage-000002.jsonl"));
        } finally {
            command.interrupt();
            command.join();
        }
        assertThat(items("usage-000001.jsonl")).hasSize(5);
        assertThat(items("usage-000002.jsonl")).containsExactly("item-5");
    }

    @Test
    void saysWhatRetentionTookAndGoesOnWhenAskedTo() throws IOException {
        server.usage().drop();
        assertThat(export("--format", "jsonl", "--out", "usage.jsonl"))
                .matches(result -> result.exitCode() == 65 && result.err().contains("USAGE_DROPPED"));

        server.usage().drop();
        assertThat(export("--format", "jsonl", "--out", "usage.jsonl", "--skip-dropped")
                        .err())
                .contains("retention took executions before 2026-01-02");
        assertThat(items("usage.jsonl")).containsExactly("item-1", "item-2", "item-3", "item-4");
    }

    @Test
    void letsOneExportAtATimeUseAResumeFile() throws IOException {
        try (ResumeFile held = ResumeFile.open(directory.resolve("resume"))) {
            assertThat(held.state().token()).isEmpty();
            assertThat(export("--format", "csv", "--out", "usage.csv", "--resume-file", "resume")
                            .exitCode())
                    .isEqualTo(75);
        }
        Files.writeString(directory.resolve("resume"), "not json");
        assertThat(export("--format", "csv", "--out", "usage.csv", "--resume-file", "resume")
                        .exitCode())
                .isEqualTo(65);
    }

    @Test
    void refusesWhatItCannotMean() {
        assertThat(export("--format", "xls", "--out", "a").exitCode()).isEqualTo(64);
        assertThat(export("--format", "csv", "--out", "a", "--follow").err()).contains("--follow needs --resume-file");
        assertThat(export("--format", "csv", "--out", "a", "--from", "yesterday")
                        .err())
                .contains("--from must be like 2026-01-31");
        assertThat(export("--format", "csv", "--out", "a", "--from", "2026-01-02", "--to", "2026-01-01")
                        .err())
                .contains("--to must be after --from");
    }

    private static UsageRow row(int number, String item) {
        return UsageRow.newBuilder()
                .setApiKeyId("00000000-0000-0000-0000-000000000001")
                .setReceipt(Receipt.newBuilder()
                        .setExecutionId("019b76da-a800-7000-8000-%012d".formatted(number))
                        .setStatus(ExecutionStatus.EXECUTION_STATUS_COMPLETED)
                        .setExitCode(0)
                        .setAdmittedAt(Timestamps.add(
                                Timestamps.fromSeconds(1_767_225_600 + number),
                                com.google.protobuf.util.Durations.fromMicros(2)))
                        .setModuleDigest("ab".repeat(32))
                        .setWallTimeUs((1L << 53) + number)
                        .setCharged(true)
                        .setTier("Free")
                        .setTierVersion(1)
                        .setItemId(item))
                .build();
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    private List<String> items(String file) throws IOException {
        return Files.readAllLines(directory.resolve(file)).stream()
                .map(line -> JsonParser.parseString(line)
                        .getAsJsonObject()
                        .get("item_id")
                        .getAsString())
                .toList();
    }

    private List<Map<String, String>> csv(String file) throws IOException {
        try (CsvReader<NamedCsvRecord> records = CsvReader.builder().ofNamedCsvRecord(directory.resolve(file))) {
            return records.stream()
                    .map(record -> (Map<String, String>) new TreeMap<>(record.getFieldsAsMap()))
                    .toList();
        }
    }

    private List<Map<String, String>> jsonLines(String file) throws IOException {
        List<Map<String, String>> rows = new ArrayList<>();
        for (String line : Files.readAllLines(directory.resolve(file))) {
            JsonObject object = JsonParser.parseString(line).getAsJsonObject();
            Map<String, String> row = new TreeMap<>();
            for (Map.Entry<String, JsonElement> field : object.entrySet()) {
                row.put(
                        field.getKey(),
                        field.getValue().isJsonNull() ? "" : field.getValue().getAsString());
            }
            rows.add(row);
        }
        return rows;
    }

    private List<Map<String, String>> parquet(String file) throws IOException {
        Hydrator<Map<String, String>, Map<String, String>, String> rows = new Hydrator<>() {
            @Override
            public Map<String, String> start() {
                Map<String, String> row = new TreeMap<>();
                Column.ALL.forEach(column -> row.put(column.name(), ""));
                return row;
            }

            @Override
            public Map<String, String> add(Map<String, String> row, String name, Object value) {
                row.put(
                        name,
                        name.equals("admitted_at")
                                ? Instant.EPOCH
                                        .plus((Long) value, java.time.temporal.ChronoUnit.MICROS)
                                        .toString()
                                : value == null ? "" : String.valueOf(value));
                return row;
            }

            @Override
            public Map<String, String> finish(Map<String, String> row) {
                return row;
            }
        };
        try (Stream<Map<String, String>> stream =
                ParquetReader.streamContent(directory.resolve(file).toFile(), rows, path -> path[0])) {
            return stream.toList();
        }
    }
}

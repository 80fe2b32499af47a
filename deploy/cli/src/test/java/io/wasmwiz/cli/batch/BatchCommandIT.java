package io.wasmwiz.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.wasmwiz.cli.fake.CommandRun;
import io.wasmwiz.cli.fake.CommandRun.Result;
import io.wasmwiz.cli.fake.FakeModule;
import io.wasmwiz.cli.fake.FakeServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command against a fake server over loopback. */
class BatchCommandIT {
    @TempDir
    private Path directory;

    private FakeServer server;

    @BeforeEach
    void start() throws IOException {
        server = FakeServer.start();
        Files.write(directory.resolve("upper.wasm"), FakeModule.of("upper"));
        Files.write(directory.resolve("args.wasm"), FakeModule.of("args"));
        Files.write(directory.resolve("trap.wasm"), FakeModule.of("trap"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private CommandRun command() {
        return new CommandRun(directory)
                .environment("WASMWIZ_SERVER", server.address())
                .environment("WASMWIZ_KEY", FakeServer.FREE_KEY);
    }

    private static List<JsonObject> json(String lines) {
        return lines.lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
    }

    private static List<String> texts(List<JsonObject> results, String field) {
        return results.stream().map(result -> result.get(field).getAsString()).toList();
    }

    private String lines(String name, int count) throws IOException {
        Files.writeString(
                directory.resolve(name),
                IntStream.rangeClosed(1, count).mapToObj(i -> "word " + i).collect(Collectors.joining("\n")));
        return name;
    }

    @Test
    void runsEachLineAndTellsWhatCameOfThem() {
        Result result = command().input("one\ntwo\n\nfour").run("batch", "upper.wasm", "-", "--ordered");

        assertThat(result.exitCode()).isZero();
        List<JsonObject> results = json(result.out());
        assertThat(texts(results, "item_id")).containsExactly("line-1", "line-2", "line-3", "line-4");
        assertThat(texts(results, "stdout")).containsExactly("ONE", "TWO", "", "FOUR");
        assertThat(texts(results, "status")).containsOnly("COMPLETED");
        assertThat(result.err()).contains("4 items").contains("COMPLETED 4");
    }

    @Test
    void runsObjectsAndFiles() throws IOException {
        Result objects = command()
                .input("{\"id\": \"a\", \"args\": [\"x\"]}\n\n{\"id\": \"b\", \"input_base64\": \"AAE=\"}\n")
                .run("batch", "args.wasm", "-", "--jsonl", "--quiet", "--arg", "shared");
        Files.createDirectories(directory.resolve("inputs/deep"));
        Files.writeString(directory.resolve("inputs/b"), "b");
        Files.writeString(directory.resolve("inputs/deep/a"), "a");
        Result files = command().run("batch", "upper.wasm", "inputs", "--files", "--quiet");

        assertThat(objects.err()).isEmpty();
        assertThat(texts(json(objects.out()), "stdout")).containsExactly("[shared, x] {}\n", "[shared] {}\n");
        assertThat(texts(json(files.out()), "item_id")).containsExactly("b", "deep/a");
        assertThat(texts(json(files.out()), "stdout")).containsExactly("B", "A");
    }

    @Test
    void saysByItsExitCodeThatSomeItemsDidNotComplete() {
        server.executions().setQuota(2);
        Result traps = command().input("x").run("batch", "trap.wasm", "-");
        Result refused = command().input("x\ny").run("batch", "upper.wasm", "-");

        assertThat(traps.exitCode()).isEqualTo(1);
        assertThat(texts(json(traps.out()), "status")).containsExactly("TRAPPED");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(texts(json(refused.out()), "status")).containsExactly("COMPLETED", "REFUSED");
        assertThat(json(refused.out()).get(1).get("reason").getAsString()).isEqualTo("DAILY_QUOTA_EXHAUSTED");
    }

    @Test
    void goesOnAfterCutsUntilEachItemHasOneResultAndOneCharge() throws IOException {
        server.executions().cutBatches(5, 30);
        Result result = command().run("batch", "upper.wasm", lines("words", 300), "--in-flight", "50");

        assertThat(result.exitCode()).isZero();
        assertThat(texts(json(result.out()), "item_id")).hasSize(300).doesNotHaveDuplicates();
        assertThat(server.executions().charged()).isEqualTo(300);
        assertThat(server.executions().batches())
                .hasSize(6)
                .containsOnly(server.executions().batches().get(0));
        assertThat(result.err()).contains("cut and resumed 5 times");
    }

    @Test
    void givesUpWhenNothingComesOfIt() throws IOException {
        server.executions().cutBatches(1_000, 0);
        Result result = command().run("batch", "upper.wasm", lines("words", 3), "--max-cuts", "2");

        assertThat(result.exitCode()).isEqualTo(69);
        assertThat(result.err()).contains("the batch ended after 0 results");
    }

    @Test
    void leavesOutWhatHasRunWhenItIsCalledAgain() throws IOException {
        server.executions().setQuota(60);
        Result first = command().run("batch", "upper.wasm", lines("words", 100), "--out", "results");
        Files.writeString(
                directory.resolve("results"),
                "{\"item_id\": \"line-99\", \"sta",
                java.nio.file.StandardOpenOption.APPEND);
        server.executions().setQuota(1_000);
        Result again = command().run("batch", "upper.wasm", "words", "--out", "results", "--resume");
        Result overwrites = command().run("batch", "upper.wasm", "words", "--out", "results");

        assertThat(first.exitCode()).isEqualTo(1);
        assertThat(again.exitCode()).isZero();
        assertThat(again.err()).contains("60 left out that had run");
        assertThat(ResultLines.itemsIn(directory.resolve("results"))).hasSize(100);
        assertThat(server.executions().charged()).isEqualTo(100);
        assertThat(server.executions().batches())
                .hasSize(2)
                .containsOnly(server.executions().batches().get(0));
        assertThat(overwrites.exitCode()).isEqualTo(64);
    }

    @Test
    void refusesInputsThatAreNone() {
        assertThat(command().run("batch", "upper.wasm", "absent").exitCode()).isEqualTo(66);
        assertThat(command().run("batch", "upper.wasm", "absent", "--files").exitCode())
                .isEqualTo(66);
        assertThat(command()
                        .input("{\"input\": \"no id\"}")
                        .run("batch", "upper.wasm", "-", "--jsonl")
                        .err())
                .contains("line 1 has no \"id\"");
        assertThat(command().run("batch", "upper.wasm", "-", "--resume").exitCode())
                .isEqualTo(64);
        assertThat(command().run("batch", "upper.wasm", "-", "--in-flight", "0").exitCode())
                .isEqualTo(64);
    }
}

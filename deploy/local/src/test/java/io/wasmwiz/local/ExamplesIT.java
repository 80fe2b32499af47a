package io.wasmwiz.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ListExecutionsRequest;
import io.wasmwiz.v1.ListExecutionsResponse;
import io.wasmwiz.v1.ModuleRef;
import io.wasmwiz.v1.Receipt;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The clients of deploy/examples, each in its own language, against the local stack. */
class ExamplesIT {
    private static final String PYTHON = "/usr/bin/python3";
    private static final Path NODE_EXAMPLE = Program.HOME.resolve("deploy/examples/node");

    /** What npm says when it cannot reach its registry. */
    private static final Pattern OFFLINE = Pattern.compile("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT");

    private static LocalStack stack;

    /** Executions of the Pro account. */
    private static int executed;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        LocalConfig config = new LocalConfig(Program.HOME, directory, LocalConfig.Ports.FREE);
        stack = LocalStack.start(config, new Progress(nowhere));
    }

    @AfterAll
    static void stop() {
        if (stack != null) {
            stack.close();
        }
    }

    @Test
    void python() throws Exception {
        assumeTrue(
                succeeds(PYTHON, "-c", "import grpc, google.protobuf"),
                PYTHON + " has no grpc and protobuf: install python3-grpcio to run this example");

        requireWholeStory(run(PYTHON, "deploy/examples/python/run.py"), "HELLO FROM PYTHON");
    }

    @Test
    void node() throws Exception {
        assumeTrue(
                succeeds(
                        "sh",
                        "-c",
                        "command -v npm && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'"),
                "no npm or no Node.js 20 or newer: install them to run this example");
        installNodeExample();

        requireWholeStory(run("node", "deploy/examples/node/run.js"), "HELLO FROM NODE");
    }

    @Test
    void pythonExportsEveryExecutionOnceThoughItIsKilled(@TempDir Path directory) throws Exception {
        assumeTrue(
                succeeds(PYTHON, "-c", "import grpc, google.protobuf"),
                PYTHON + " has no grpc and protobuf: install python3-grpcio to run this example");

        requireExactExport(directory.resolve("usage.jsonl"), PYTHON, "deploy/examples/python/export.py");
    }

    @Test
    void nodeExportsEveryExecutionOnceThoughItIsKilled(@TempDir Path directory) throws Exception {
        assumeTrue(succeeds("sh", "-c", "command -v npm"), "no npm: install it to run this example");
        installNodeExample();

        requireExactExport(directory.resolve("usage.jsonl"), "node", "deploy/examples/node/export.js");
    }

    private static void requireExactExport(Path file, String... example) throws Exception {
        ManagedChannel channel = NettyChannelBuilder.forTarget(stack.grpcAddress())
                .usePlaintext()
                .build();
        try {
            Metadata headers = new Metadata();
            headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key("Pro"));
            ClientInterceptor authorized = MetadataUtils.newAttachHeadersInterceptor(headers);
            var executions = ExecutionServiceGrpc.newBlockingStub(channel).withInterceptors(authorized);
            List<String> command = new ArrayList<>(List.of(example));
            command.add(file.toString());
            List<String> following = new ArrayList<>(command);
            following.add("--follow");
            for (int kill = 0; kill < 4; kill++) {
                Process process = Program.start(environment("Pro"), following);
                try {
                    for (int i = 0; i < 10; i++) {
                        executions.execute(hello());
                    }
                    long lines = lines(file);
                    await().atMost(30, TimeUnit.SECONDS).until(() -> lines(file) > lines);
                } finally {
                    process.destroyForcibly().waitFor();
                }
                executions.execute(hello());
            }
            var usage = UsageServiceGrpc.newBlockingStub(channel).withInterceptors(authorized);
            ListExecutionsRequest all =
                    ListExecutionsRequest.newBuilder().setPageSize(1_000).build();
            await().atMost(30, TimeUnit.SECONDS)
                    .until(() -> ids(usage.listExecutions(all)).size() == executed);

            Program.Finished last = Program.run(environment("Pro"), command);

            assertThat(last.exitCode()).as(last.stderr()).isZero();
            assertThat(Files.readAllLines(file).stream()
                            .map(line -> JsonParser.parseString(line)
                                    .getAsJsonObject()
                                    .get("execution_id")
                                    .getAsString()))
                    .doesNotHaveDuplicates()
                    .containsExactlyInAnyOrderElementsOf(ids(usage.listExecutions(all)));
        } finally {
            channel.shutdownNow();
        }
    }

    private static List<String> ids(ListExecutionsResponse page) {
        return page.getExecutionsList().stream().map(Receipt::getExecutionId).toList();
    }

    private static long lines(Path file) throws IOException {
        if (!Files.exists(file)) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.count();
        }
    }

    private static ExecuteRequest hello() throws IOException {
        executed++;
        return ExecuteRequest.newBuilder()
                .setModule(ModuleRef.newBuilder()
                        .setInline(ByteString.copyFrom(
                                Files.readAllBytes(Program.HOME.resolve("deploy/samples/hello.wasm")))))
                .build();
    }

    /** The lines of the README as they stand; the last one is the refusal, hence the exit code. */
    @Test
    void bufCurl() throws Exception {
        assumeTrue(succeeds("sh", "-c", "command -v npx"), "no npx: install Node.js and npm to run buf");

        Program.Finished buf = run("bash", "-uc", readmeCommands("## buf curl"));
        assumeRegistry(buf);

        String output = Base64.getEncoder().encodeToString("HELLO FROM BUF\n".getBytes(StandardCharsets.UTF_8));
        assertThat(buf.stdout())
                .as(buf.stderr())
                .contains("\nwasmwiz.v1.ExecutionService\n", "\nwasmwiz.v1.UsageService\n")
                .contains("\nwasmwiz.v1.ExecutionService/Execute\n", "\nwasmwiz.v1.UsageService/GetQuota\n")
                .contains("\"stdout\": \"" + output + "\"")
                .containsPattern("\"tier\": \"?Free\"?")
                .satisfies(text -> assertThat(Pattern.compile("EXECUTION_STATUS_COMPLETED")
                                .matcher(text)
                                .results())
                        .as("inline and by digest")
                        .hasSize(2));
        assertThat(buf.stderr()).contains("\"code\": \"invalid_argument\"", "google.rpc.ErrorInfo");
        assertThat(buf.exitCode()).as("buf's for INVALID_ARGUMENT").isEqualTo(3 << 3);
    }

    private static void requireWholeStory(Program.Finished example, String output) {
        assertThat(example.exitCode()).as(example.stdout() + example.stderr()).isZero();
        assertThat(example.stdout())
                .containsPattern("uploaded upper: [0-9a-f]{64}\n")
                .contains("\n" + output + "\n")
                .containsPattern(
                        "EXECUTION_STATUS_COMPLETED in \\d+ µs, [1-9]\\d+ bytes of memory, \\d+ executions left")
                .contains("INVALID_ARGUMENT: ")
                .containsPattern("reason LIMIT_ABOVE_TIER \\{ ?'?field'?: 'limits.run_time' ?\\}")
                .contains("field limits.run_time: limits.run_time must be at most");
    }

    /** The shell commands of one section of the examples' README. */
    private static String readmeCommands(String heading) throws IOException {
        String readme = Files.readString(Program.HOME.resolve("deploy/examples/README.md"));
        int start = readme.indexOf("\n" + heading + "\n");
        assertThat(start).as(heading).isPositive();
        int end = readme.indexOf("\n## ", start + 1);
        return Pattern.compile("^```sh\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
                .matcher(readme.substring(start, end < 0 ? readme.length() : end))
                .results()
                .map(block -> block.group(1))
                .collect(Collectors.joining("\n"));
    }

    private static void assumeRegistry(Program.Finished npm) {
        assumeTrue(!OFFLINE.matcher(npm.stderr()).find(), "npm cannot reach its registry: " + npm.stderr());
    }

    private static boolean succeeds(String... command) throws InterruptedException {
        try {
            return Program.run(Map.of(), List.of(command)).exitCode() == 0;
        } catch (IOException e) {
            return false; // there is no such program
        }
    }

    private static void installNodeExample() throws IOException, InterruptedException {
        if (Files.notExists(NODE_EXAMPLE.resolve("node_modules"))) {
            Program.Finished installed = run("npm", "ci", "--ignore-scripts", "--prefix", NODE_EXAMPLE.toString());
            assumeRegistry(installed);
            assertThat(installed.exitCode()).as(installed.stderr()).isZero();
        }
    }

    private static Program.Finished run(String... command) throws IOException, InterruptedException {
        return Program.run(environment("Free"), List.of(command));
    }

    private static Map<String, String> environment(String tier) {
        return Map.of("WASMWIZ_SERVER", stack.grpcAddress(), "WASMWIZ_KEY", key(tier));
    }

    private static String key(String tier) {
        return stack.accounts().stream()
                .filter(account -> account.tier().equals(tier))
                .findFirst()
                .orElseThrow()
                .key();
    }
}

package io.wasmwiz.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.util.Durations;
import io.grpc.Status.Code;
import io.wasmwiz.cli.fake.CommandRun;
import io.wasmwiz.cli.fake.CommandRun.Result;
import io.wasmwiz.cli.fake.FakeErrors;
import io.wasmwiz.cli.fake.FakeModule;
import io.wasmwiz.cli.fake.FakeServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunCommandIT {
    @TempDir
    private Path directory;

    private FakeServer server;

    @BeforeEach
    void start() throws IOException {
        server = FakeServer.start();
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

    private String module(String script) throws IOException {
        Files.write(directory.resolve("module.wasm"), FakeModule.of(script));
        return "module.wasm";
    }

    @Test
    void passesInputAndOutputThroughAndPrintsOneReceiptLine() throws IOException {
        Result result = command().input("hello").run("run", module("upper"));

        assertThat(result.exitCode()).isZero();
        assertThat(result.out()).isEqualTo("HELLO");
        assertThat(result.err().lines())
                .singleElement()
                .asString()
                .contains("completed in 1.3 ms", "Free: 999999 left");
    }

    @Test
    void callsAFunctionAndPrintsWhatItReturns() throws IOException {
        Result result = command()
                .run(
                        "run",
                        module("values"),
                        "--invoke",
                        "f",
                        "--value=i32:-7",
                        "--value=f32:nan:0x7fa00001",
                        "--quiet");

        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines()).containsExactly("f32:nan:0x7fa00001", "i32:-7");
        assertThat(server.executions().lastRequest().getInvoke().getExport()).isEqualTo("f");
    }

    @Test
    void saysHowAValueIsWritten() throws IOException {
        Result result = command().run("run", module("values"), "--invoke", "f", "--value", "i32:4294967296");

        assertThat(result.exitCode()).isEqualTo(64);
        assertThat(result.err()).contains("TYPE:NUMBER", "i32:4294967296");
    }

    @Test
    void readsInputFromAFile() throws IOException {
        Files.writeString(directory.resolve("in.txt"), "from a file");

        Result result = command().input("not this").run("run", module("upper"), "--input", "in.txt", "--quiet");

        assertThat(result.out()).isEqualTo("FROM A FILE");
        assertThat(result.err()).isEmpty();
    }

    @Test
    void bringsFilesAlong() throws IOException {
        Files.writeString(directory.resolve("in.txt"), "from a file");
        Files.writeString(directory.resolve("b=c"), "named so");

        Result result = command()
                .input("")
                .run("run", module("files"), "--quiet", "--file", "data/in.txt=in.txt", "--file", "/b=b=c");

        assertThat(result.out()).isEqualTo("data/in.txt:from a file\nb:named so\n");
        assertThat(command()
                        .input("")
                        .run("run", module("files"), "--file", "in.txt")
                        .err())
                .contains("--file takes GUEST=HOST");
        assertThat(command()
                        .input("")
                        .run("run", module("files"), "--file", "a=none")
                        .err())
                .contains("no such file");
    }

    @Test
    void takesATerminalForEmptyInputAndSaysSo() throws IOException {
        Result loud = command().input("typed").inputIsTerminal().run("run", module("upper"));
        Result quiet = command().input("typed").inputIsTerminal().run("run", module("upper"), "-q");

        assertThat(loud.out()).isEmpty();
        assertThat(loud.err()).contains("standard input is a terminal");
        assertThat(quiet.err()).isEmpty();
    }

    @Test
    void sendsArgumentsEnvironmentAndLimits() throws IOException {
        Result result = command()
                .run(
                        "run",
                        "--arg",
                        "one",
                        "--arg=--two",
                        "--env",
                        "A=b=c",
                        "--env",
                        "EMPTY=",
                        "--timeout",
                        "1500ms",
                        "--memory",
                        "64",
                        module("args"),
                        "--",
                        "--three",
                        "@four");

        assertThat(result.out())
                .contains("[one, --two, --three, @four]")
                .contains("A=b=c")
                .contains("EMPTY=");
        assertThat(Durations.toMillis(
                        server.executions().lastRequest().getLimits().getRunTime()))
                .isEqualTo(1_500);
        assertThat(server.executions().lastRequest().getLimits().getMemoryBytes())
                .isEqualTo(64L << 20);
    }

    @ParameterizedTest
    @CsvSource({
        "exit 3, 3, exit code 3",
        "exit 255, 255, exit code 255",
        "trap, 134, trapped (unreachable)",
        "timeout, 124, timed out",
        "memory, 137, memory limit",
        "crash, 139, sandbox crashed",
        "cancelled, 130, cancelled"
    })
    void exitsAsTheGuestEnded(String script, int exitCode, String description) throws IOException {
        Result result = command().run("run", module(script));

        assertThat(result.exitCode()).isEqualTo(exitCode);
        assertThat(result.err()).contains(description);
    }

    @Test
    void keepsPartialOutputOfAStoppedGuest() throws IOException {
        Result result = command().run("run", module("timeout"));

        assertThat(result.out()).isEqualTo("partial\n");
        assertThat(result.err()).contains("truncated: stdout");
    }

    @Test
    void letsNoServerTextMoveTheCursor() throws IOException {
        Result result = command().run("run", module("trap"));

        assertThat(result.err()).contains("unreachable?[2J executed").doesNotContain("\u001b");
    }

    @Test
    void printsWhereAGuestTrapped() throws IOException {
        Result result = command().run("run", module("trap"));

        assertThat(result.err()).contains("    at fail?[2J (function 7)\n    at function 3\ntrapped (unreachable)");
        assertThat(command().run("run", "--quiet", module("trap")).err()).doesNotContain("function 7");
    }

    @Test
    void coloursOnlyTerminalsWithoutNoColor() throws IOException {
        assertThat(command().outputsAreTerminals().run("run", module("trap")).err())
                .contains("\u001b[");
        assertThat(command()
                        .outputsAreTerminals()
                        .environment("NO_COLOR", "1")
                        .run("run", module("trap"))
                        .err())
                .doesNotContain("\u001b[3");
    }

    @Test
    void sendsALargeModuleOnlyWhenTheServerDoesNotHaveIt() throws IOException {
        Files.write(directory.resolve("large.wasm"), FakeModule.padded("upper", 100_000));

        Result first = command().input("a").run("run", "large.wasm");
        boolean firstInline = server.executions().lastRequest().getModule().hasInline();
        Result second = command().input("b").run("run", "large.wasm");

        assertThat(first.out() + second.out()).isEqualTo("AB");
        assertThat(firstInline).isTrue();
        assertThat(server.executions().lastRequest().getModule().hasDigest()).isTrue();
    }

    @Test
    void runsByDigest() throws IOException {
        command().run("run", module("upper"));
        String digest = server.modules().digests().get(0);

        assertThat(command().input("x").run("run", digest).out()).isEqualTo("X");
        assertThat(command().run("run", "0".repeat(64)).exitCode()).isEqualTo(66);
    }

    @Test
    void printsTheWholeResponseAsJson() throws IOException {
        Result result = command().input("hi").run("run", module("upper"), "--json");

        JsonObject json = JsonParser.parseString(result.out()).getAsJsonObject();
        assertThat(Base64.getDecoder().decode(json.get("stdout").getAsString()))
                .asString()
                .isEqualTo("HI");
        JsonObject receipt = json.getAsJsonObject("receipt");
        assertThat(receipt.get("status").getAsString()).isEqualTo("EXECUTION_STATUS_COMPLETED");
        assertThat(receipt.get("exit_code").getAsInt()).isZero();
        assertThat(receipt.get("cache_hit").getAsBoolean()).isFalse();
        assertThat(result.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"SERVER_OVERLOADED", "SERVER_BUSY"})
    void saysThatABusyServerMayBeTriedAgain(String reason) throws IOException {
        server.executions().failWith(FakeErrors.error(Code.UNAVAILABLE, "nothing ran", reason, Map.of()));

        assertThat(command().run("run", module("upper")).exitCode()).isEqualTo(75);
    }

    @Test
    void explainsASpentQuota() throws IOException {
        server.executions().setQuota(0);

        Result result = command().run("run", module("upper"));

        assertThat(result.exitCode()).isEqualTo(75);
        assertThat(result.err().lines())
                .containsExactly(
                        "wasmwiz: the quota of this UTC day is spent (RESOURCE_EXHAUSTED, DAILY_QUOTA_EXHAUSTED)",
                        "  quota account: at most 0 executions a day",
                        "  limit: 0",
                        "  retry after 42 seconds");
    }

    @Test
    void explainsABadFieldWithWhatIsAllowed() throws IOException {
        Result result = command().run("run", module("upper"), "--timeout", "1m");

        assertThat(result.exitCode()).isEqualTo(65);
        assertThat(result.err())
                .contains("INVALID_ARGUMENT, LIMIT_ABOVE_TIER")
                .contains("field limits.run_time: must be above 0 and at most 5 s on Free, was 60 s");
    }

    @Test
    void showsTheIncidentOfAnInternalErrorAndNoStackTrace() throws IOException {
        server.executions()
                .failWith(FakeErrors.error(
                        Code.INTERNAL, "internal error", "INTERNAL", Map.of("incident_id", "0190-abc")));

        Result result = command().run("run", module("upper"));
        Result debug = command().environment("WASMWIZ_DEBUG", "1").run("run", module("upper"));

        assertThat(result.exitCode()).isEqualTo(70);
        assertThat(result.err()).contains("incident_id: 0190-abc").doesNotContain("\tat ");
        assertThat(debug.err()).contains("\tat ");
    }

    @ParameterizedTest
    @EnumSource(Code.class)
    void givesEveryStatusAnExitCodeOtherThanZero(Code code) throws IOException {
        if (code == Code.OK) {
            return;
        }
        server.executions().failWith(FakeErrors.error(code, "refused", "A_REASON", Map.of()));

        assertThat(command().run("run", module("upper")).exitCode()).isGreaterThanOrEqualTo(64);
    }

    @Test
    void tellsAnUnknownOutcomeFromAFailure() throws IOException {
        server.executions()
                .failWith(FakeErrors.error(
                        Code.UNKNOWN, "it ran", "OUTCOME_UNKNOWN", Map.of("execution_id", "0190-def")));

        Result result = command().run("run", module("upper"));

        assertThat(result.exitCode()).isEqualTo(76);
        assertThat(result.err()).contains("execution_id: 0190-def");
    }

    @Test
    void refusesAnUnknownKeyWithoutShowingIt() throws IOException {
        Result result = command().run("run", module("upper"), "--key", "ww_secret");

        assertThat(result.exitCode()).isEqualTo(77);
        assertThat(result.err()).contains("API_KEY_UNKNOWN");
        assertThat(result.out() + result.err()).doesNotContain("ww_secret");
    }

    @Test
    void saysThatNothingListens() throws IOException {
        String address = server.address();
        server.close();

        Result result = command().run("run", module("upper"), "--server", address);

        assertThat(result.exitCode()).isEqualTo(69);
        assertThat(result.err())
                .contains("cannot talk to the server")
                .contains("refused")
                .contains("wasmwiz doctor");
    }

    @Test
    void doesNotSendAKeyInPlainTextWhenTlsIsAskedFor() throws IOException {
        Result result = command().run("run", module("upper"), "--server", "https://" + server.address());

        assertThat(result.exitCode()).isEqualTo(69);
        assertThat(server.executions().charged()).isZero();
    }

    @Test
    void refusesWhatIsNoModuleBeforeAskingAnyone() throws IOException {
        Files.writeString(directory.resolve("text.wat"), "(module)");
        Files.write(directory.resolve("component.wasm"), new byte[] {0, 'a', 's', 'm', 0x0d, 0, 1, 0});
        Files.write(directory.resolve("empty.wasm"), new byte[0]);

        assertThat(command().run("run", "text.wat"))
                .matches(r -> r.exitCode() == 65 && r.err().contains("wat2wasm"));
        assertThat(command().run("run", "component.wasm"))
                .matches(r -> r.exitCode() == 65 && r.err().contains("components"));
        assertThat(command().run("run", "empty.wasm").exitCode()).isEqualTo(65);
        assertThat(command().run("run", "absent.wasm").exitCode()).isEqualTo(66);
        assertThat(command().run("run", directory.toString()).exitCode()).isEqualTo(66);
        assertThat(server.executions().charged()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "--timeout, 5 parsecs, is not a duration",
        "--memory, 0, --memory must be 1 to 4096",
        "--memory, lots, memory",
        "--request-id, 17, request-id",
        "--env, novalue, NAME=VALUE"
    })
    void refusesBadFlags(String flag, String value, String explanation) throws IOException {
        Result result = command().run("run", flag, value, module("upper"));

        assertThat(result.exitCode()).isEqualTo(64);
        assertThat(result.err()).contains(explanation);
    }

    @Test
    void sendsTheRequestId() throws IOException {
        String id = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";

        command().run("run", "--request-id", id, module("upper"));

        assertThat(server.executions().lastRequest().getRequestId()).isEqualTo(id);
    }
}

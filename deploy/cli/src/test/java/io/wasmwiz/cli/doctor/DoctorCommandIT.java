package io.wasmwiz.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.wasmwiz.cli.BuildVersion;
import io.wasmwiz.cli.fake.CommandRun;
import io.wasmwiz.cli.fake.CommandRun.Result;
import io.wasmwiz.cli.fake.FakeServer;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandIT {
    @TempDir
    private Path directory;

    private FakeServer server;

    @BeforeEach
    void startLocalStack() throws IOException {
        server = FakeServer.start();
        admin(200, "ready", BuildVersion.read(), "");
        describeStack(ProcessHandle.current().pid());
    }

    private void describeStack(long postgresql) throws IOException {
        Files.createDirectories(directory.resolve(".wasmwiz"));
        Files.writeString(directory.resolve(".wasmwiz/stack.json"), """
                {"grpc":"%s","executor_admin":"%s","metering_admin":"%s","pid":%d,"processes":{"postgresql":%d},"keys":{"Free":"%s"}}
                """.formatted(
                        server.address(),
                        server.adminAddress(),
                        server.adminAddress(),
                        ProcessHandle.current().pid(),
                        postgresql,
                        FakeServer.FREE_KEY));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void admin(int code, String status, String version, String faults) {
        server.setAdmin(
                code,
                "{\"status\":\"%s\",\"version\":\"%s\",\"schema_version\":1,\"faults\":{%s}}"
                        .formatted(status, version, faults));
    }

    private Result doctor(String... flags) {
        String[] arguments = new String[flags.length + 1];
        arguments[0] = "doctor";
        System.arraycopy(flags, 0, arguments, 1, flags.length);
        return new CommandRun(directory).run(arguments);
    }

    @Test
    void findsNothingWrongWithAHealthyStack() {
        Result result = doctor();

        assertThat(result.out())
                .contains("all is well")
                .contains("accepted (from the local stack (Free)), tier Free")
                .contains("sandbox: ran a module")
                .doesNotContain("FAULT")
                .doesNotContain("skipped")
                .doesNotContain(FakeServer.FREE_KEY);
        assertThat(result.exitCode()).isZero();
    }

    @Test
    void namesADependencyThatIsAwayAndWhatToDo() {
        admin(503, "unavailable", BuildVersion.read(), "\"postgresql\":\"connection refused\"");
        server.setHealth(ExecutionServiceGrpc.SERVICE_NAME, ServingStatus.NOT_SERVING);

        Result result = doctor();

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.out())
                .contains("FAULT    executor: postgresql: connection refused")
                .contains("check that PostgreSQL runs")
                .contains("FAULT    health of ExecutionService: not serving");
    }

    @Test
    void namesAProcessOfTheStackThatIsGone() throws IOException {
        describeStack(Integer.MAX_VALUE);

        assertThat(doctor())
                .matches(result -> result.exitCode() == 1
                        && result.out().contains("FAULT    process postgresql: 2147483647 does not run"));
    }

    @Test
    void comparesVersions() {
        admin(200, "ready", "9.9.9", "");

        assertThat(doctor())
                .matches(result -> result.exitCode() == 1
                        && result.out().contains("executor version: 9.9.9, this client is " + BuildVersion.read()));
    }

    @Test
    void findsAClockThatIsFarOff() {
        server.executions().setClockAhead(Duration.ofMinutes(2));

        assertThat(doctor())
                .matches(result -> result.exitCode() == 1
                        && result.out().contains("FAULT    clock: the database's is")
                        && result.out().contains("NTP"));
    }

    @Test
    void toleratesASlightSkew() {
        server.executions().setClockAhead(Duration.ofMillis(-1_500));

        assertThat(doctor())
                .matches(result -> result.exitCode() == 0 && result.out().contains("behind"));
    }

    @Test
    void findsAKeyThatIsRefused() {
        assertThat(doctor("--key", "ww_other"))
                .matches(result -> result.exitCode() == 1
                        && result.out().contains("FAULT    key: from --key")
                        && result.out().contains("API_KEY_UNKNOWN")
                        && !result.out().contains("ww_other"));
    }

    @Test
    void leavesTheQuotaAloneWhenAsked() {
        assertThat(doctor("--no-run").exitCode()).isZero();
        assertThat(server.executions().charged()).isZero();
    }

    @Test
    void saysThatNothingListens() {
        server.close();

        Result result = doctor("--json");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(JsonParser.parseString(result.out()).getAsJsonArray())
                .extracting(JsonElement::getAsJsonObject)
                .anySatisfy(finding -> {
                    assertThat(finding.get("check").getAsString()).isEqualTo("server");
                    assertThat(finding.get("verdict").getAsString()).isEqualTo("fault");
                    assertThat(finding.get("advice").getAsString()).contains("wasmwiz local");
                });
    }

    @Test
    void doesNotTrustAnyAnswerOnAnAdminPort() {
        server.setAdmin(200, "<html>");
        assertThat(doctor().out()).contains("FAULT    executor: admin port");

        server.setAdmin(404, "");
        assertThat(doctor().out()).contains("HTTP status 404");
    }
}

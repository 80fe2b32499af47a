package io.wasmwiz.cli.doctor;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.wasmwiz.cli.connect.ServerConnection;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.failure.ServerFailure;
import io.wasmwiz.cli.run.Outcome;
import io.wasmwiz.cli.text.Times;
import io.wasmwiz.cli.text.Units;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleRef;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Runs a module of 136 bytes that prints a line. Its receipt also has the database's time, which decides what counts as
 * today: far from this machine's, "left today" would mislead.
 */
final class SandboxCheck {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final Duration SKEW_AT_MOST = Duration.ofSeconds(5);
    private static final String EXPECTED = "hello, world!\n";

    private final ServerConnection connection;
    private final Clock clock;

    SandboxCheck(ServerConnection connection, Clock clock) {
        this.connection = connection;
        this.clock = clock;
    }

    List<Finding> check() throws IOException {
        ExecuteRequest request = ExecuteRequest.newBuilder()
                .setModule(ModuleRef.newBuilder().setInline(hello()))
                .build();
        Instant before = clock.instant();
        ExecuteResponse response;
        try {
            response = connection
                    .stub(ExecutionServiceGrpc::newBlockingStub, DEADLINE)
                    .execute(request);
        } catch (StatusRuntimeException e) {
            int exitCode = ServerFailure.of(e.getStatus(), e.getTrailers()).exitCode();
            return List.of(Finding.fault(
                    "sandbox",
                    "a run was refused: " + ServerChecks.line(e),
                    exitCode == ExitCode.TRY_LATER
                            ? "wait for the quota, use another key, or leave this check out with --no-run"
                            : "the executor's log has more"));
        }
        return List.of(sandbox(response), skew(before, clock.instant(), response));
    }

    private static ByteString hello() throws IOException {
        try (InputStream in = SandboxCheck.class.getResourceAsStream("hello.wasm")) {
            if (in == null) {
                throw new IOException("hello.wasm is missing from this build");
            }
            return ByteString.readFrom(in);
        }
    }

    private static Finding sandbox(ExecuteResponse response) {
        boolean well = Outcome.exitCode(response.getReceipt()) == 0
                && response.getStdout().toStringUtf8().equals(EXPECTED);
        return well
                ? Finding.ok(
                        "sandbox",
                        "ran a module in " + Units.micros(response.getReceipt().getWallTimeUs()))
                : Finding.fault(
                        "sandbox",
                        "a module that prints a line ended otherwise: " + Outcome.describe(response.getReceipt()) + " "
                                + response.getMessage(),
                        "the executor's log has more; check the native engine and the sandbox's launcher");
    }

    static Finding skew(Instant before, Instant after, ExecuteResponse response) {
        Instant admitted = Times.instant(response.getReceipt().getAdmittedAt());
        Duration skew = admitted.isBefore(before)
                ? Duration.between(before, admitted)
                : admitted.isAfter(after) ? Duration.between(after, admitted) : Duration.ZERO;
        String text = skew.isZero()
                ? "agrees with the database's"
                : "the database's is %d ms %s".formatted(skew.abs().toMillis(), skew.isNegative() ? "behind" : "ahead");
        return skew.abs().compareTo(SKEW_AT_MOST) <= 0
                ? Finding.ok("clock", text)
                : Finding.fault(
                        "clock",
                        text,
                        "set the clocks (NTP); quotas and days go by the database's clock, not by this one");
    }
}

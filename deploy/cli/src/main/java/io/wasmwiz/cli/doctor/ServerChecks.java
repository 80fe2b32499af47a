package io.wasmwiz.cli.doctor;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.wasmwiz.cli.connect.ServerConnection;
import io.wasmwiz.cli.connect.Target;
import io.wasmwiz.cli.failure.ServerFailure;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.GetQuotaRequest;
import io.wasmwiz.v1.GetQuotaResponse;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Checks over the gRPC port: reachable, serving, key accepted. */
final class ServerChecks {
    private static final int CONNECT_TIMEOUT_MS = 3_000;
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final List<String> SERVICES =
            List.of(ExecutionServiceGrpc.SERVICE_NAME, ModuleServiceGrpc.SERVICE_NAME, UsageServiceGrpc.SERVICE_NAME);

    private final Target target;
    private final ServerConnection connection;

    ServerChecks(Target target, ServerConnection connection) {
        this.target = target;
        this.connection = connection;
    }

    /** Whether anything listens; without that, the other checks would only repeat it. */
    Finding reachable() {
        String endpoint = target.endpoint() + " (from " + target.serverSource() + ")";
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(
                            target.endpoint().host(), target.endpoint().port()),
                    CONNECT_TIMEOUT_MS);
            return Finding.ok("server", endpoint + " accepts connections");
        } catch (IOException e) {
            return Finding.fault(
                    "server",
                    endpoint + " does not: " + e.getMessage(),
                    target.stack() == null
                            ? "check the address and that the server runs; a local stack starts with: wasmwiz local"
                            : "the local stack is starting or stuck; see its output, or start it again: wasmwiz local");
        }
    }

    /** The standard health service, for the server as a whole and for each service. */
    List<Finding> health() {
        List<Finding> findings = new ArrayList<>();
        findings.add(health("", "health"));
        for (String service : SERVICES) {
            findings.add(health(service, "health of " + service.substring(service.lastIndexOf('.') + 1)));
        }
        return findings;
    }

    private Finding health(String service, String check) {
        try {
            ServingStatus status = connection
                    .stub(HealthGrpc::newBlockingStub, DEADLINE)
                    .check(HealthCheckRequest.newBuilder().setService(service).build())
                    .getStatus();
            return status == ServingStatus.SERVING
                    ? Finding.ok(check, "serving")
                    : Finding.fault(
                            check,
                            status.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
                            "a dependency is away or the server drains: the admin ports name it");
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND && !service.isEmpty()) {
                return Finding.skipped(check, "this replica does not serve it");
            }
            return Finding.fault(check, line(e), "is this a WasmWiz server? its gRPC port is 8081 unless configured");
        }
    }

    /** An authenticated call that runs nothing and costs nothing. */
    Finding key() {
        try {
            GetQuotaResponse quota = connection
                    .stub(UsageServiceGrpc::newBlockingStub, DEADLINE)
                    .getQuota(GetQuotaRequest.getDefaultInstance());
            long left = Math.max(0, quota.getDay().getLimit() - quota.getDay().getCharged());
            return Finding.ok(
                    "key",
                    "accepted (from %s), tier %s, %d left today".formatted(target.keySource(), quota.getTier(), left));
        } catch (StatusRuntimeException e) {
            return Finding.fault("key", "from " + target.keySource() + ": " + line(e), keyAdvice(e));
        }
    }

    private String keyAdvice(StatusRuntimeException e) {
        return switch (e.getStatus().getCode()) {
            case UNAUTHENTICATED, PERMISSION_DENIED ->
                target.key() == null
                        ? "no key was sent: set WASMWIZ_KEY or WASMWIZ_KEY_FILE, or pass --key"
                        : "the key is not of this server, or was revoked: take another, or on a local stack --key free";
            case UNIMPLEMENTED -> "this replica does not serve usage: ask another";
            case UNAVAILABLE, DEADLINE_EXCEEDED -> "the server cannot look keys up: check its database below";
            default -> "the server's log has more";
        };
    }

    static String line(StatusRuntimeException e) {
        return ServerFailure.of(e.getStatus(), e.getTrailers()).lines().get(0);
    }
}

package io.wasmwiz.cli.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.wasmwiz.cli.fake.FakeServer;
import io.wasmwiz.embedded.proxy.FaultyProxy;
import io.wasmwiz.embedded.proxy.NetworkFaults;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerConnectionIT {
    /** The shortest that gRPC pings. */
    private static final Duration PING = Duration.ofSeconds(10);

    private static final Duration PING_ANSWER = Duration.ofMillis(100);
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    @Test
    void endsACallWhoseConnectionWasLostWithoutAWord() throws Exception {
        try (FakeServer server = FakeServer.start();
                FaultyProxy proxy = FaultyProxy.start();
                ServerConnection connection = ServerConnection.open(target(proxy.port()), PING, PING_ANSWER)) {
            proxy.forwardTo(Endpoint.parse(server.address()).port());
            Iterator<HealthCheckResponse> statuses = connection
                    .stub(HealthGrpc::newBlockingStub, DEADLINE)
                    .watch(HealthCheckRequest.newBuilder()
                            .setService(ExecutionServiceGrpc.SERVICE_NAME)
                            .build());
            assertThat(statuses.next().getStatus()).isEqualTo(ServingStatus.SERVING);

            proxy.faults(NetworkFaults.loseAll());

            StatusRuntimeException end = catchThrowableOfType(StatusRuntimeException.class, statuses::hasNext);
            assertThat(end.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        }
    }

    private static Target target(int port) {
        return new Target(
                List.of(Endpoint.parse("127.0.0.1:" + port)), ApiKey.of(FakeServer.FREE_KEY), "a test", "a test", null);
    }
}

package io.wasmwiz.executor.grpc;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * The public port.
 *
 * @param host address to bind
 * @param port 0 to 65535; 0 takes a free one
 * @param reflection whether the service description may be read without a key
 * @param maxCallsPerConnection calls in progress on one connection, 1 to 100,000
 * @param maxHeldCalls calls that may wait for the answer to who calls, 1 to 100,000
 * @param maxCalls calls in progress past authentication, 1 to 100,000; each may hold a request of the largest size
 * @param accountCallSurplus calls that an account may have in progress beyond its tier's executions at once, 0 to 10,000
 * @param minKeepAlive shortest interval between pings that a client may choose, 1 s to 1 h
 * @param maxConnectionAge age at which connections are closed gracefully so that clients spread anew, 1 s to 30 days;
 *     zero: never
 */
public record GrpcConfig(
        String host,
        int port,
        boolean reflection,
        int maxCallsPerConnection,
        int maxHeldCalls,
        int maxCalls,
        int accountCallSurplus,
        Duration minKeepAlive,
        Duration maxConnectionAge) {
    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.require(!host.isBlank(), "--grpc-host must be a host name or an address");
        problems.requireRange("--grpc-port", port, 0, 65_535);
        problems.requireRange("--grpc-max-calls-per-connection", maxCallsPerConnection, 1, 100_000);
        problems.requireRange("--grpc-max-held-calls", maxHeldCalls, 1, 100_000);
        problems.requireRange("--max-calls", maxCalls, 1, 100_000);
        problems.requireRange("--account-call-surplus", accountCallSurplus, 0, 10_000);
        problems.requireRange("--grpc-min-keep-alive in ms", minKeepAlive.toMillis(), 1_000, 3_600_000);
        problems.require(
                maxConnectionAge.isZero() || (maxConnectionAge.toMillis() >= 1_000 && maxConnectionAge.toDays() <= 30),
                "--grpc-max-connection-age must be 0s (never) or 1 s to 30 days, was %s",
                maxConnectionAge);
    }
}

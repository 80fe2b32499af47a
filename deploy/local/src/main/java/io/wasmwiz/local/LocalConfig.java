package io.wasmwiz.local;

import io.wasmwiz.service.config.Problems;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the local stack keeps its data and listens.
 *
 * @param home root of the repository, where samples are and the stack's file is written
 * @param dataDirectory data of PostgreSQL and Kafka, and the secrets
 * @param ports where everything listens, on 127.0.0.1
 */
record LocalConfig(Path home, Path dataDirectory, Ports ports) {
    /** Ports on the loopback interface, each 0 (a free one) to 65,535. */
    record Ports(int grpc, int executorAdmin, int meteringAdmin, int postgres, int kafka) {
        /** The ports that the documentation names. */
        static final Ports STANDARD = new Ports(8081, 8082, 8083, 7432, 7092);

        /** Free ones, so that a running stack is not in the way. */
        static final Ports FREE = new Ports(0, 0, 0, 0, 0);

        private Map<String, Integer> byFlag() {
            Map<String, Integer> ports = new LinkedHashMap<>();
            ports.put("--grpc-port", grpc);
            ports.put("--executor-admin-port", executorAdmin);
            ports.put("--metering-admin-port", meteringAdmin);
            ports.put("--postgres-port", postgres);
            ports.put("--kafka-port", kafka);
            return ports;
        }
    }

    LocalConfig {
        Problems problems = new Problems();
        ports.byFlag().forEach((flag, port) -> problems.requireRange(flag, port, 0, 65_535));
        problems.check();
    }

    /** Refuses ports that somebody listens on, all at once and before anything is started. */
    void requireFreePorts() {
        Problems problems = new Problems();
        ports.byFlag()
                .forEach((flag, port) -> problems.require(
                        isFree(port),
                        "port %d on 127.0.0.1 is in use: is another local stack running? %s chooses another",
                        port,
                        flag));
        problems.check();
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}

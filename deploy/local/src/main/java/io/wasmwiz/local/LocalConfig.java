package io.wasmwiz.local;

import io.wasmwiz.service.config.Problems;
import java.nio.file.Path;

/**
 * Where the local stack keeps its data and listens. A port of 0 takes a free one.
 *
 * @param home root of the repository, where samples are and the stack's file is written
 * @param dataDirectory data of PostgreSQL and Kafka, and the secrets
 * @param ports where everything listens, on 127.0.0.1
 */
record LocalConfig(Path home, Path dataDirectory, Ports ports) {
    /** Ports on the loopback interface. */
    record Ports(int grpc, int executorAdmin, int meteringAdmin, int postgres, int kafka) {
        /** The ports that the documentation names. */
        static final Ports STANDARD = new Ports(8081, 8082, 8083, 7432, 7092);

        /** Free ones, so that a running stack is not in the way. */
        static final Ports FREE = new Ports(0, 0, 0, 0, 0);
    }

    LocalConfig {
        new Problems()
                .requireRange("--grpc-port", ports.grpc(), 0, 65_535)
                .requireRange("--executor-admin-port", ports.executorAdmin(), 0, 65_535)
                .requireRange("--metering-admin-port", ports.meteringAdmin(), 0, 65_535)
                .requireRange("--postgres-port", ports.postgres(), 0, 65_535)
                .requireRange("--kafka-port", ports.kafka(), 0, 65_535)
                .check();
    }
}

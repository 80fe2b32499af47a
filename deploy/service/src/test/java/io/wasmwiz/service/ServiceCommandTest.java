package io.wasmwiz.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.service.config.Problems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

class ServiceCommandTest {
    private final Probe probe = new Probe();

    @Command(name = "probe")
    static final class Probe implements Callable<Integer> {
        @Option(names = "--grpc-port", defaultValue = "1")
        int grpcPort;

        @Option(names = "--database-url")
        @Nullable
        String databaseUrl;

        @Override
        public Integer call() {
            new Problems()
                    .requireRange("--grpc-port", grpcPort, 1, 65_535)
                    .require(databaseUrl == null || !databaseUrl.isEmpty(), "--database-url must not be empty")
                    .check();
            return 0;
        }
    }

    @Test
    void takesFlagsBeforeTheEnvironment() {
        int exit = ServiceCommand.run(probe, Map.of("WASMWIZ_GRPC_PORT", "7"), "--grpc-port=8");

        assertThat(exit).isZero();
        assertThat(probe.grpcPort).isEqualTo(8);
    }

    @Test
    void readsTheEnvironmentUnderTheFlagsName() {
        ServiceCommand.run(probe, Map.of("WASMWIZ_GRPC_PORT", "7", "DATABASE_URL", "postgresql://db/x"));

        assertThat(probe.grpcPort).isEqualTo(7);
        assertThat(probe.databaseUrl).isEqualTo("postgresql://db/x");
    }

    @Test
    void readsASecretFromAFile(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("url"), "postgresql://db/secret\n");

        ServiceCommand.run(probe, Map.of("DATABASE_URL_FILE", file.toString()));

        assertThat(probe.databaseUrl).isEqualTo("postgresql://db/secret");
    }

    @Test
    void refusesAVariableThatNobodyKnows() {
        assertThat(ServiceCommand.run(probe, Map.of("WASMWIZ_GRPC_PROT", "7"))).isEqualTo(ServiceCommand.EX_CONFIG);
    }

    @Test
    void refusesALogFormatThatNobodyKnows() {
        assertThat(ServiceCommand.run(probe, Map.of("WASMWIZ_LOG_FORMAT", "xml")))
                .isEqualTo(ServiceCommand.EX_CONFIG);
    }

    @Test
    void leavesTheClientsVariablesAlone() {
        assertThat(ServiceCommand.run(probe, Map.of("WASMWIZ_KEY", "ww_x"))).isZero();
    }

    @Test
    void answersAConfigurationThatCannotWorkWithItsExitCode() {
        assertThat(ServiceCommand.run(probe, Map.of(), "--grpc-port=0", "--database-url="))
                .isEqualTo(ServiceCommand.EX_CONFIG);
    }
}

package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.executor.admin.AdminConfig;
import io.wasmwiz.executor.auth.AuthConfig;
import io.wasmwiz.executor.execution.RequestLimits;
import io.wasmwiz.executor.modules.ModulesConfig;
import io.wasmwiz.service.config.ConfigException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ExecutorCommandTest {
    private static final Map<String, String> ENVIRONMENT = Map.of(
            "DATABASE_URL", "postgresql://user:password@db:5432/wasmwiz",
            "WASMWIZ_KAFKA_BOOTSTRAP_SERVERS", "kafka:9092");

    @Test
    void hasTheDocumentedDefaults() {
        ExecutorConfig config = ExecutorCommand.parse(ENVIRONMENT);

        assertThat(config.environment()).isEqualTo(ExecutorConfig.Environment.PRODUCTION);
        assertThat(config.grpc().host()).isEqualTo("0.0.0.0");
        assertThat(config.grpc().port()).isEqualTo(8081);
        assertThat(config.grpc().reflection()).isFalse();
        assertThat(config.grpc().maxCalls()).isEqualTo(256);
        assertThat(config.grpc().accountCallSurplus()).isEqualTo(4);
        assertThat(config.adminPort()).isEqualTo(8082);
        assertThat(config.auth().required()).isTrue();
        assertThat(config.auth()).isEqualTo(AuthConfig.defaults());
        assertThat(config.admission().maxInFlight()).isEqualTo(4_096);
        assertThat(config.events().deliveryTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.events().executorId())
                .isEqualTo(config.admission().executorId())
                .matches("[A-Za-z0-9._-]+-[0-9a-f]{8}");
        assertThat(config.requests()).isEqualTo(new RequestLimits(10 << 20, 1 << 20, 1 << 20, 256 << 10));
        assertThat(config.modules())
                .isEqualTo(new ModulesConfig(
                        1_000, 256L << 20, Duration.ofMinutes(1), 128L << 20, Duration.ofMinutes(2), 128L << 20));
        assertThat(config.admin()).isEqualTo(AdminConfig.defaults());
        assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(35));
        assertThat(config.toString()).doesNotContain("password");
    }

    @Test
    void prefersAFlagToTheEnvironment() {
        ExecutorConfig config = ExecutorCommand.parse(
                Map.of(
                        "DATABASE_URL", "postgresql://db/wasmwiz",
                        "WASMWIZ_KAFKA_BOOTSTRAP_SERVERS", "kafka:9092",
                        "WASMWIZ_GRPC_PORT", "7001",
                        "WASMWIZ_ADMIN_PORT", "7002"),
                "--grpc-port=7003",
                "--drain-timeout=PT1M");

        assertThat(config.grpc().port()).isEqualTo(7003);
        assertThat(config.adminPort()).isEqualTo(7002);
        assertThat(config.drainTimeout()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void reportsEveryFaultAtOnce() {
        assertThatThrownBy(() -> ExecutorCommand.parse(
                        Map.of(), "--grpc-port=70000", "--max-module-bytes=1", "--sandbox-queue=0"))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        refused -> assertThat(refused.faults())
                                .anyMatch(fault -> fault.contains("--database-url"))
                                .anyMatch(fault -> fault.contains("--kafka-bootstrap-servers"))
                                .anyMatch(fault -> fault.contains("--grpc-port"))
                                .anyMatch(fault -> fault.contains("--max-module-bytes"))
                                .anyMatch(fault -> fault.contains("--sandbox-queue")));
    }

    @Test
    void refusesAShareOfTheQueueThatIsLargerThanTheQueue() {
        assertThatThrownBy(() -> ExecutorCommand.parse(ENVIRONMENT, "--sandbox-queue=249"))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        refused -> assertThat(refused.faults())
                                .containsExactly("--sandbox-queue-per-account must be at most --sandbox-queue = 249,"
                                        + " was 250"));
    }

    @Test
    void refusesAPoolThatItsThreadsCanExhaust() {
        String[] threads = {"--auth-database-threads=3", "--admission-database-threads=5", "--work-threads=7"};

        assertThatThrownBy(() -> ExecutorCommand.parse(
                        ENVIRONMENT, threads[0], threads[1], threads[2], "--database-pool-size=16"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("--database-pool-size must be at least")
                .hasMessageContaining("= 17, was 16");
        assertThat(ExecutorCommand.parse(ENVIRONMENT, threads[0], threads[1], threads[2], "--database-pool-size=17")
                        .database()
                        .poolSize())
                .isEqualTo(17);
    }

    @Test
    void refusesAnUploadBufferWhoseQuarterDoesNotHoldAModule() {
        assertThatThrownBy(() -> ExecutorCommand.parse(
                        ENVIRONMENT, "--upload-buffer-bytes=4194303", "--max-module-bytes=1048576"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("--upload-buffer-bytes")
                .hasMessageContaining("--max-module-bytes");
        assertThat(ExecutorCommand.parse(ENVIRONMENT, "--upload-buffer-bytes=4194304", "--max-module-bytes=1048576")
                        .modules()
                        .uploadBytes())
                .isEqualTo(4L << 20);
    }

    @Test
    void servesAdministrationOnlyWithALoginOfItsOwn() {
        assertThatThrownBy(() -> ExecutorCommand.parse(ENVIRONMENT, "--admin-service", "--admin-threads=0"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("--admin-database-url is required")
                .hasMessageContaining("--admin-threads must be 1 to 16");

        ExecutorConfig config = ExecutorCommand.parse(
                ENVIRONMENT, "--admin-service", "--admin-database-url=postgresql://admin:secret@db/wasmwiz");
        assertThat(config.admin().enabled()).isTrue();
        assertThat(config.toString()).doesNotContain("secret");
    }

    @Test
    void refusesUnknownVariables() {
        assertThatThrownBy(() -> ExecutorCommand.parse(Map.of("WASMWIZ_GRPC_PROT", "1")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("WASMWIZ_GRPC_PROT");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--env=production --grpc-host=127.0.0.1",
                "--env=development --grpc-host=0.0.0.0",
                "--env=production --grpc-host=0.0.0.0"
            })
    void refusesToServeWithoutKeysUnlessInDevelopmentOnLoopback(String flags) {
        String[] all = ("--auth-required=false " + flags).split(" ", -1);

        assertThatThrownBy(() -> ExecutorCommand.parse(ENVIRONMENT, all))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("--auth-required=false")
                .hasMessageContaining("--env=development")
                .hasMessageContaining("loopback");
    }

    @Test
    void servesWithoutKeysInDevelopmentOnLoopback() {
        ExecutorConfig config = ExecutorCommand.parse(
                ENVIRONMENT, "--auth-required=false", "--env=development", "--grpc-host=127.0.0.1");

        assertThat(config.auth().required()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--drain-timeout=soon", "--drain-timeout=5", "--env=staging", "--grpc-port=x"})
    void refusesValuesOfAnotherForm(String flag) {
        assertThatThrownBy(() -> ExecutorCommand.parse(ENVIRONMENT, flag))
                .isInstanceOf(CommandLine.ParameterException.class)
                .hasMessageContaining(flag.substring(0, flag.indexOf('=')));
    }
}

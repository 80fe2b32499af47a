package io.wasmwiz.cli.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.text.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class TargetTest {
    private static final long DEAD_PID = Integer.MAX_VALUE;

    @TempDir
    private Path root;

    private Target resolve(Path directory, Map<String, String> environment, String... flags) {
        ServerOptions options = new ServerOptions();
        new CommandLine(CommandLine.Model.CommandSpec.create()
                        .addMixin("server", CommandLine.Model.CommandSpec.forAnnotatedObject(options)))
                .parseArgs(flags);
        Terminal terminal = Terminal.of(
                InputStream.nullInputStream(),
                new ByteArrayOutputStream(),
                new ByteArrayOutputStream(),
                false,
                false,
                false);
        return Target.resolve(options, new CliContext(terminal, environment, directory, null));
    }

    private void stack(long pid) throws IOException {
        Files.createDirectories(root.resolve(".wasmwiz"));
        Files.writeString(root.resolve(".wasmwiz/stack.json"), """
            {"grpc":"127.0.0.1:8081","executor_admin":"127.0.0.1:8082","database_url":null,"later":{"a":[1]},
             "pid":%d,"processes":{"stack":%d},"keys":{"Free":"ww_free","Pro":"ww_pro"}}
            """.formatted(pid, pid));
    }

    private static long ownPid() {
        return ProcessHandle.current().pid();
    }

    @Test
    void prefersFlagsToEnvironmentToStack() throws IOException {
        stack(ownPid());
        Map<String, String> environment = Map.of("WASMWIZ_SERVER", "env:2", "WASMWIZ_KEY", "ww_env");

        Target flags = resolve(root, environment, "--server", "flag:1", "--key", "ww_flag");
        assertThat(flags.endpoint()).hasToString("flag:1");
        assertThat(flags.key()).extracting(ApiKey::authorization).isEqualTo("Bearer ww_flag");

        Target variables = resolve(root, environment);
        assertThat(variables.endpoint()).hasToString("env:2");
        assertThat(variables.key()).extracting(ApiKey::authorization).isEqualTo("Bearer ww_env");
        assertThat(variables.stack()).isNull();

        Target local = resolve(root, Map.of());
        assertThat(local.endpoint()).hasToString("127.0.0.1:8081");
        assertThat(local.key()).extracting(ApiKey::authorization).isEqualTo("Bearer ww_free");
        assertThat(local.stack()).isNotNull();
    }

    @Test
    void takesSeveralServersAndKnowsThoseOfTheStack() throws IOException {
        stack(ownPid());
        Files.writeString(
                root.resolve(".wasmwiz/stack.json"),
                Files.readString(root.resolve(".wasmwiz/stack.json"))
                        .replace("127.0.0.1:8081", "127.0.0.1:8081,127.0.0.1:8091"));

        assertThat(resolve(root, Map.of()).endpoints())
                .extracting(Endpoint::port)
                .containsExactly(8081, 8091);
        assertThat(resolve(root, Map.of(), "--server", "localhost:8091").key()).isNotNull();
        assertThat(resolve(root, Map.of(), "--server", "localhost:8091,localhost:9999")
                        .key())
                .isNull();
        assertThatThrownBy(() -> resolve(root, Map.of(), "--server", "https://a,b:1"))
                .hasMessageContaining("either all are https:// or none is");
        assertThatThrownBy(() -> resolve(root, Map.of(), "--server", "a:1,"))
                .hasMessageContaining("host:port is expected");
    }

    @Test
    void findsTheStackFromAFolderBelow() throws IOException {
        stack(ownPid());

        assertThat(resolve(Files.createDirectories(root.resolve("a/b/c")), Map.of())
                        .serverSource())
                .isEqualTo("the local stack");
    }

    @Test
    void picksTheStacksKeyByTierWhateverTheCase() throws IOException {
        stack(ownPid());

        assertThat(resolve(root, Map.of("WASMWIZ_KEY", "ww_env"), "--key", "PRO")
                        .key())
                .extracting(ApiKey::authorization)
                .isEqualTo("Bearer ww_pro");
        assertThatThrownBy(() -> resolve(root, Map.of(), "--key", "basic")).hasMessageContaining("names a tier");
    }

    @Test
    void givesTheStacksKeyToNoOtherServer() throws IOException {
        stack(ownPid());

        assertThat(resolve(root, Map.of(), "--server", "example.com:8081").key())
                .isNull();
        assertThat(resolve(root, Map.of(), "--server", "127.0.0.1:9999").key()).isNull();
        assertThat(resolve(root, Map.of(), "--server", "localhost:8081").key()).isNotNull();
    }

    @Test
    void ignoresTheFileOfADeadStackAndSaysSo() throws IOException {
        stack(DEAD_PID);

        assertThatThrownBy(() -> resolve(root, Map.of()))
                .isInstanceOfSatisfying(
                        CommandFailure.class,
                        failure -> assertThat(failure.details())
                                .anySatisfy(line -> assertThat(line).contains("no longer runs", "stack.json")));
    }

    @Test
    void saysWhatToDoWhenNoServerIsKnown() {
        assertThatThrownBy(() -> resolve(root, Map.of())).isInstanceOfSatisfying(CommandFailure.class, failure -> {
            assertThat(failure.exitCode()).isEqualTo(69);
            assertThat(failure.details()).anySatisfy(line -> assertThat(line).contains("WASMWIZ_SERVER"));
        });
    }

    @Test
    void readsTheKeyFromAFile() throws IOException {
        Path file = Files.writeString(root.resolve("key"), "ww_file\n");

        assertThat(resolve(root, Map.of("WASMWIZ_SERVER", "a:1", "WASMWIZ_KEY_FILE", file.toString()))
                        .key())
                .extracting(ApiKey::authorization)
                .isEqualTo("Bearer ww_file");
        assertThatThrownBy(() -> resolve(root, Map.of("WASMWIZ_SERVER", "a:1", "WASMWIZ_KEY_FILE", root + "/none")))
                .hasMessageContaining("cannot read");
    }

    @Test
    void refusesAKeyThatCannotBeAHeaderWithoutRepeatingIt() {
        assertThatThrownBy(() -> resolve(root, Map.of("WASMWIZ_SERVER", "a:1", "WASMWIZ_KEY", "ww_se cret")))
                .hasMessageContaining("WASMWIZ_KEY")
                .message()
                .doesNotContain("cret");
    }

    @Test
    void namesABrokenStackFile() throws IOException {
        stack(ownPid());
        for (String text : new String[] {"[]", "{\"pid\":\"x\"}", "{\"grpc\"", "{\"keys\":3}", ""}) {
            Files.writeString(root.resolve(".wasmwiz/stack.json"), text);
            assertThatThrownBy(() -> resolve(root, Map.of())).hasMessageContaining("stack.json");
        }
    }

    @Test
    void neverPrintsKeys() throws IOException {
        stack(ownPid());

        assertThat(resolve(root, Map.of()).toString()).doesNotContain("ww_");
    }
}

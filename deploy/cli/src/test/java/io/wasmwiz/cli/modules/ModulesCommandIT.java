package io.wasmwiz.cli.modules;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import io.wasmwiz.cli.fake.CommandRun;
import io.wasmwiz.cli.fake.CommandRun.Result;
import io.wasmwiz.cli.fake.FakeModule;
import io.wasmwiz.cli.fake.FakeServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModulesCommandIT {
    @TempDir
    private Path directory;

    private FakeServer server;

    @BeforeEach
    void start() throws IOException {
        server = FakeServer.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private CommandRun command() {
        return new CommandRun(directory)
                .environment("WASMWIZ_SERVER", server.address())
                .environment("WASMWIZ_KEY", FakeServer.FREE_KEY);
    }

    private String upload(String script) throws IOException {
        Files.write(directory.resolve(script + ".wasm"), FakeModule.of(script));
        return command()
                .run("modules", "upload", script + ".wasm", "--quiet")
                .out()
                .strip();
    }

    @Test
    void uploadsInChunksAndPrintsTheDigestAlone() throws IOException {
        Files.write(directory.resolve("large.wasm"), FakeModule.padded("upper", 700_000));

        Result first = command().run("modules", "upload", "large.wasm");
        Result again = command().run("modules", "upload", "large.wasm");

        assertThat(first.exitCode()).isZero();
        assertThat(first.out().strip()).isEqualTo(server.modules().digests().get(0));
        assertThat(first.err()).contains("uploaded, large, 683.6 KiB");
        assertThat(first.err()).contains("wasi_snapshot_preview1.fd_write  (i32 i32 i32 i32) -> (i32)");
        assertThat(again.err()).contains("was there already");
    }

    @Test
    void reportsARefusalInTheMiddleOfAnUpload() throws IOException {
        Files.write(directory.resolve("huge.wasm"), FakeModule.padded("upper", 6_000_000));

        Result result = command().run("modules", "upload", "huge.wasm");

        assertThat(result.exitCode()).isEqualTo(75);
        assertThat(result.err()).contains("MODULE_TOO_LARGE").contains("limit_bytes: 1048576");
    }

    @Test
    void listsNewestFirstAcrossPages() throws IOException {
        String oldest = upload("upper");
        upload("trap");
        upload("args");
        upload("crash");
        String newest = upload("memory");

        Result all = command().run("modules", "list");
        Result some = command().run("modules", "list", "--limit", "3");
        Result json = command().run("modules", "list", "--json");

        assertThat(all.out().lines()).hasSize(6);
        assertThat(all.out().lines().skip(1).findFirst())
                .hasValueSatisfying(line ->
                        assertThat(line).startsWith(newest).contains("memory").contains("2026-01-01T00:00:00Z"));
        assertThat(all.out().lines().reduce((a, b) -> b))
                .hasValueSatisfying(line -> assertThat(line).startsWith(oldest));
        assertThat(some.out().lines()).hasSize(4);
        assertThat(some.err()).contains("there are more");
        assertThat(JsonParser.parseString(json.out()).getAsJsonArray()).hasSize(5);
    }

    @Test
    void showsWhatValidationFound() throws IOException {
        String digest = upload("upper");

        assertThat(command().run("modules", "show", digest).out())
                .contains(digest)
                .contains("wasi_snapshot_preview1.fd_write")
                .contains("starts with 64.0 KiB, grows")
                .contains("wasi_snapshot_preview1.fd_write  (i32 i32 i32 i32) -> (i32)")
                .contains("_start  function () -> ()")
                .contains("and 7 more")
                .contains("funcref from 1 elements")
                .contains("a start section runs before _start")
                .contains("bulk-memory");
        assertThat(command().run("modules", "show", "f".repeat(64)).exitCode()).isEqualTo(66);
        assertThat(command().run("modules", "show", "12").exitCode()).isEqualTo(64);
    }

    @Test
    void asksBeforeDeleting() throws IOException {
        String digest = upload("upper");

        Result unattended = command().run("modules", "delete", digest);
        Result declined = command().inputIsTerminal().input("n\n").run("modules", "delete", digest);
        assertThat(unattended.exitCode()).isEqualTo(64);
        assertThat(unattended.err()).contains("--yes");
        assertThat(declined.exitCode()).isEqualTo(130);
        assertThat(server.modules().digests()).containsExactly(digest);

        Result confirmed = command().inputIsTerminal().input("y\n").run("modules", "delete", digest);
        assertThat(confirmed.exitCode()).isZero();
        assertThat(server.modules().digests()).isEmpty();
        assertThat(command().run("modules", "delete", digest, "--yes").exitCode())
                .isEqualTo(66);
    }
}

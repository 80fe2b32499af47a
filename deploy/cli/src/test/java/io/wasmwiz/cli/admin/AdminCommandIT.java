package io.wasmwiz.cli.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import io.wasmwiz.cli.fake.CommandRun;
import io.wasmwiz.cli.fake.CommandRun.Result;
import io.wasmwiz.cli.fake.FakeAdmin;
import io.wasmwiz.cli.fake.FakeServer;
import io.wasmwiz.v1.ApiKey;
import io.wasmwiz.v1.KeyLimits;
import io.wasmwiz.v1.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminCommandIT {
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

    private Result admin(String... arguments) {
        return new CommandRun(directory)
                .environment("WASMWIZ_SERVER", server.address())
                .environment("WASMWIZ_KEY", FakeServer.FREE_KEY)
                .run(Stream.concat(Stream.of("admin"), Stream.of(arguments)).toArray(String[]::new));
    }

    @Test
    void opensAnAccountAndFindsItByNameAndId() {
        Result created = admin("users", "create", "acme", "--tier", "Basic");
        Result byName = admin("users", "show", "acme", "--json");
        String id = JsonParser.parseString(byName.out())
                .getAsJsonObject()
                .get("user_id")
                .getAsString();

        assertThat(created.exitCode()).as(created.err()).isZero();
        assertThat(created.out()).contains("acme", "Basic", "active", "2026-01-01T00:00:00Z");
        assertThat(admin("users", "show", id).out()).isEqualTo(created.out());
        assertThat(admin("users", "show", "nobody"))
                .matches(result -> result.exitCode() == 66 && result.err().contains("USER_NOT_FOUND"));
    }

    @Test
    void listsAcrossPagesUpToALimit() {
        for (String name : List.of("a1", "b2", "c3", "d4", "e5")) {
            admin("users", "create", name, "--tier", "Free");
        }

        assertThat(admin("users", "list").out().lines().skip(1).map(line -> line.split(" +")[1]))
                .containsExactly("e5", "d4", "c3", "b2", "a1");
        assertThat(admin("users", "list", "--limit", "3"))
                .matches(result ->
                        result.out().lines().count() == 4 && result.err().contains("there are more"));
        assertThat(admin("users", "list", "--limit", "0").exitCode()).isEqualTo(64);
    }

    @Test
    void printsTheSecretAloneAndOnce() {
        admin("users", "create", "acme", "--tier", "Basic");
        String request = "019b76da-a800-7000-8000-00000000000a";
        String[] creation = {
            "keys",
            "create",
            "--user",
            "acme",
            "--name",
            "ci",
            "--scopes",
            "usage,execute",
            "--per-day",
            "7",
            "--run-time",
            "500ms",
            "--expires-in",
            "2h",
            "--request-id",
            request
        };

        Result first = admin(creation);
        Result again = admin(creation);

        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(first.out().strip()).isEqualTo(FakeAdmin.SECRET);
        assertThat(first.err()).contains("ci").doesNotContain(FakeAdmin.SECRET);
        assertThat(again.exitCode()).isEqualTo(65);
        assertThat(again.out()).isEmpty();
        assertThat(again.err()).contains("not shown again");
        ApiKey key = server.admin().keys().iterator().next();
        assertThat(key.getScopesList()).containsExactly(Scope.SCOPE_USAGE, Scope.SCOPE_EXECUTE);
        assertThat(key.getLimits())
                .isEqualTo(KeyLimits.newBuilder()
                        .setExecutionsPerDay(7)
                        .setRunTimeMs(500)
                        .build());
        assertThat(key.getExpiresAt().getSeconds())
                .isGreaterThan(Instant.now().plusSeconds(3_600).getEpochSecond());
    }

    @Test
    void changesOnlyWhatIsNamed() {
        admin("keys", "create", "--name", "old", "--scopes", "usage", "--expires-in", "2h");
        String id = server.admin().keys().iterator().next().getKeyId();

        Result updated = admin("keys", "update", id, "--name", "new", "--run-time", "1s", "--no-expiry");

        assertThat(updated.exitCode()).as(updated.err()).isZero();
        ApiKey key = server.admin().keys().iterator().next();
        assertThat(key.getName()).isEqualTo("new");
        assertThat(key.getScopesList()).containsExactly(Scope.SCOPE_USAGE);
        assertThat(key.getLimits().getRunTimeMs()).isEqualTo(1_000);
        assertThat(key.hasExpiresAt()).isFalse();
        assertThat(admin("keys", "update", id).exitCode()).isEqualTo(64);
        assertThat(admin("keys", "update", id, "--no-expiry", "--expires-in", "1h")
                        .exitCode())
                .isEqualTo(64);
        assertThat(admin("keys", "create", "--scopes", "root").err()).contains("there is no scope 'root'");
    }

    @Test
    void tellsWhetherTheAuditLogIsWhatWasWritten() {
        Result sound = admin("audit", "verify");
        server.admin().breakEvent(1_234);
        Result broken = admin("audit", "verify");

        assertThat(sound.exitCode()).isZero();
        assertThat(sound.out()).isEqualTo("1500 events as written%n".formatted());
        assertThat(sound.err()).contains("ab".repeat(32));
        assertThat(broken.exitCode()).isEqualTo(1);
        assertThat(broken.out()).isEqualTo("event 1234: it is missing%n".formatted());
        assertThat(JsonParser.parseString(admin("audit", "verify", "--json").out())
                        .getAsJsonObject()
                        .getAsJsonObject("fault")
                        .get("seq")
                        .getAsLong())
                .isEqualTo(1_234);
    }

    @Test
    void namesTheCommandsOfEachGroup() {
        assertThat(admin().err()).contains("which command? users, keys, tiers, audit or bootstrap");
        assertThat(admin("keys").err()).contains("create, show, list, update, rotate or revoke");
        assertThat(admin("bootstrap"))
                .matches(result ->
                        result.exitCode() == 64 && result.err().contains("use deploy/wasmwiz admin bootstrap"));
        assertThat(admin("kesy").err()).contains("Did you mean: wasmwiz admin keys?");
    }
}

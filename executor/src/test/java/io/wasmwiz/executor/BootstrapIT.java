package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.service.ServiceCommand;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import picocli.CommandLine;

/** {@code wasmwiz admin bootstrap} as a member of the admin role. */
class BootstrapIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private final TestDatabase database = POSTGRES.createDatabase();

    private record Finished(int exitCode, String out, String err) {}

    private Finished bootstrap(String... flags) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = new CommandLine(new BootstrapCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err));
        List<String> all = new ArrayList<>(List.of("--database-url=" + database.url("wasmwiz_admin")));
        all.addAll(List.of(flags));
        return new Finished(line.execute(all.toArray(String[]::new)), out.toString(), err.toString());
    }

    @Test
    void makesAnOperatorWhoseKeyIsStoredAsItsHashAlone() {
        Finished finished = bootstrap("--name=root", "--tier=Basic");

        assertThat(finished.exitCode()).as(finished.err()).isZero();
        ApiKey key = ApiKey.parse(finished.out().strip()).orElseThrow();
        assertThat(finished.err()).contains("root").doesNotContain(key.text());
        assertThat(rows("SELECT concat_ws(' ', u.name, u.tier, k.scopes::text, encode(k.key_hash, 'hex'))"
                        + " FROM api_keys k JOIN users u ON u.id = k.user_id"))
                .containsExactly("root Basic {admin} "
                        + java.util.HexFormat.of().formatHex(key.hash().sha256()));
        assertThat(rows("SELECT concat_ws(' ', seq, actor, action) FROM audit_events ORDER BY seq"))
                .containsExactly("1 bootstrap CreateUser", "2 bootstrap CreateApiKey");
        assertThat(rows("SELECT e::text FROM audit_events e").toString()).doesNotContain(key.text());
    }

    @Test
    void doesSoOnceHoweverManyTryAtOnce() throws Exception {
        var threads = Executors.newFixedThreadPool(4);
        List<Future<Finished>> attempts = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String name = "--name=operator-" + i;
            attempts.add(threads.submit(() -> bootstrap(name)));
        }
        threads.shutdown();

        List<Integer> exitCodes = new ArrayList<>();
        for (Future<Finished> attempt : attempts) {
            exitCodes.add(attempt.get().exitCode());
            assertThat(attempt.get().out().isEmpty()).isEqualTo(attempt.get().exitCode() != 0);
        }
        assertThat(exitCodes).containsExactlyInAnyOrder(0, 1, 1, 1);
        assertThat(bootstrap().err()).contains("has had its first operator");
        assertThat(rows("SELECT count(*) FROM api_keys")).containsExactly("1");
    }

    @Test
    void canBeTriedAgainWhenTheNameWasTaken() {
        Finished taken = bootstrap("--name=Developer");
        Finished free = bootstrap("--name=root");

        assertThat(taken.exitCode()).isEqualTo(1);
        assertThat(taken.err()).contains("choose another --name");
        assertThat(free.exitCode()).as(free.err()).isZero();
    }

    @Test
    void refusesWhatCannotBeBeforeItTouchesAnything() {
        assertThat(ServiceCommand.run(
                        new BootstrapCommand(), Map.of("DATABASE_URL", database.url("wasmwiz_admin")), "--tier=Gold"))
                .isEqualTo(ServiceCommand.EX_CONFIG);
        assertThat(ServiceCommand.run(new BootstrapCommand(), Map.of(), "--name=x"))
                .isEqualTo(ServiceCommand.EX_CONFIG);
        assertThat(ServiceCommand.run(
                        new BootstrapCommand(), Map.of("DATABASE_URL", "postgresql://a:b@127.0.0.1:1/none")))
                .isEqualTo(ServiceCommand.EX_UNAVAILABLE);
        assertThat(rows("SELECT count(*) FROM admin_bootstrap")).containsExactly("0");
    }

    private List<String> rows(String sql) {
        return database.jdbi()
                .withHandle(
                        handle -> handle.createQuery(sql).mapTo(String.class).list());
    }
}

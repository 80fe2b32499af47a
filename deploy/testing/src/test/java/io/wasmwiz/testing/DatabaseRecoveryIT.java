package io.wasmwiz.testing;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.embedded.proxy.FaultyProxy;
import io.wasmwiz.embedded.proxy.NetworkFaults.Fate;
import io.wasmwiz.service.database.Database;
import io.wasmwiz.service.database.DatabaseConfig;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pool whose first connection breaks while it is set up: after so many of the server's answers. */
final class DatabaseRecoveryIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private static final TestDatabase DATABASE = POSTGRES.createDatabase();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void connectsAnewWhereverItsFirstConnectionBroke(int answers) {
        String direct = DATABASE.url("wasmwiz_executor");
        int port = URI.create(direct).getPort();
        AtomicInteger seen = new AtomicInteger();
        try (FaultyProxy proxy = FaultyProxy.start()) {
            proxy.forwardTo(port);
            proxy.faults(() -> seen.getAndIncrement() == answers ? new Fate.Cut() : new Fate.Passed());
            String url = direct.replaceFirst(":" + port + "/", ":" + proxy.port() + "/");
            try (Database database = Database.open(
                    new DatabaseConfig(url, 1, Duration.ofSeconds(5)), "recovery", new SimpleMeterRegistry())) {
                assertThatCode(() -> pingTwice(database)).doesNotThrowAnyException();
            }
        }
    }

    /** The first may meet the break itself. */
    private static void pingTwice(Database database) throws java.sql.SQLException {
        try {
            database.ping();
        } catch (java.sql.SQLException e) {
            database.ping();
        }
    }
}

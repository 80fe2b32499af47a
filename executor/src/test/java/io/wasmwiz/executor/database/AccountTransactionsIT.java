package io.wasmwiz.executor.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.service.database.Database;
import io.wasmwiz.service.database.DatabaseConfig;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class AccountTransactionsIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private static final String OWNERS = "SELECT DISTINCT user_id FROM daily_tier_counters";
    private static final String NAMES = "SELECT id FROM users";

    private final TestDatabase testDatabase = POSTGRES.createDatabase();
    private final UUID ada = testDatabase.insertAccount("ada", "Free");
    private final UUID bob = testDatabase.insertAccount("bob", "Free");
    // One connection, so that each transaction meets what the one before left.
    private final Database database = Database.open(
            new DatabaseConfig(testDatabase.url("wasmwiz_executor"), 1, Duration.ofSeconds(5)),
            "test",
            new SimpleMeterRegistry());
    private final AccountTransactions transactions = new AccountTransactions(database.jdbi());

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void reachesTheRowsOfItsAccountOnly() {
        assertThat(transactions.<List<UUID>, RuntimeException>in(ada, handle -> ids(handle, OWNERS)))
                .containsExactly(ada);
        assertThat(transactions.<List<UUID>, RuntimeException>in(bob, handle -> ids(handle, NAMES)))
                .containsExactly(bob);
    }

    @Test
    void reachesEveryAccountsQuotaAndNotTheAccounts() {
        assertThat(transactions.<List<UUID>, RuntimeException>acrossForQuota(handle -> ids(handle, OWNERS)))
                .contains(ada, bob);
        assertThat(transactions.<List<UUID>, RuntimeException>acrossForQuota(handle -> ids(handle, NAMES)))
                .isEmpty();
    }

    @Test
    void leavesNothingToTheConnectionsNextUser() {
        transactions.in(ada, handle -> ids(handle, OWNERS));
        transactions.acrossForQuota(handle -> ids(handle, OWNERS));

        assertThat(database.jdbi().<List<UUID>, RuntimeException>withHandle(handle -> ids(handle, OWNERS)))
                .isEmpty();
    }

    private static List<UUID> ids(Handle handle, String sql) {
        return handle.createQuery(sql).mapTo(UUID.class).list();
    }
}

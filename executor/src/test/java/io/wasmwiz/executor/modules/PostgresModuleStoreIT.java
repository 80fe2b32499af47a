package io.wasmwiz.executor.modules;

import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.util.UUID;
import org.junit.jupiter.api.extension.RegisterExtension;

/** With the rights of the executor's role. */
class PostgresModuleStoreIT extends ModuleStoreContract {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private final TestDatabase database = POSTGRES.createDatabase();
    private final ModuleStore store = new PostgresModuleStore(database.jdbi("wasmwiz_executor"));

    @Override
    ModuleStore store() {
        return store;
    }

    @Override
    UUID newAccount() {
        return database.insertAccount("account-" + UUID.randomUUID(), "Free");
    }
}

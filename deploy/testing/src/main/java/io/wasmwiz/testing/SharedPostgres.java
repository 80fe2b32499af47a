package io.wasmwiz.testing;

import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.embedded.EmbeddedPostgresConfig;
import io.wasmwiz.migrations.Migrations;
import io.wasmwiz.migrations.ServiceLogins;
import io.wasmwiz.migrations.ServiceRole;
import io.wasmwiz.service.database.DatabaseUrl;
import java.util.EnumMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;

/** The one PostgreSQL server of a test JVM, with a migrated database to copy from. Thread-safe; stops with the JVM. */
final class SharedPostgres {
    private static final String TEMPLATE = "wasmwiz_template";

    // Tests come and go; what a crash of this machine would lose is of no interest.
    private static final Map<String, String> FAST = Map.of(
            "fsync", "off",
            "synchronous_commit", "off",
            "full_page_writes", "off",
            "max_connections", "300");

    private final EmbeddedPostgres server;
    private final Jdbi superuser;
    private final Map<ServiceRole, String> passwords = new EnumMap<>(ServiceRole.class);
    private final AtomicInteger databases = new AtomicInteger();

    private SharedPostgres() {
        TestDirectory directory = TestDirectory.create("postgresql");
        server = EmbeddedPostgres.start(
                EmbeddedPostgresConfig.of(directory.path(), UUID.randomUUID().toString())
                        .withSettings(FAST));
        directory.deleteAtExitAfter(server);
        superuser = jdbi(server.url("postgres"));
        superuser.useHandle(handle -> handle.execute("CREATE DATABASE " + TEMPLATE));
        Migrations.of(DatabaseUrl.parse(server.url(TEMPLATE))).migrate();
        for (ServiceRole role : ServiceRole.values()) {
            passwords.put(role, UUID.randomUUID().toString());
        }
        ServiceLogins.ensure(superuser, passwords);
    }

    /** Starts the server at the first call. */
    static SharedPostgres get() {
        return Started.INSTANCE;
    }

    TestDatabase createDatabase() {
        String name = "test_" + databases.incrementAndGet();
        superuser.useHandle(handle -> handle.execute("CREATE DATABASE " + name + " TEMPLATE " + TEMPLATE));
        return new TestDatabase(this, name);
    }

    void drop(String database) {
        superuser.useHandle(handle -> handle.execute("DROP DATABASE IF EXISTS " + database + " WITH (FORCE)"));
    }

    String url(String database) {
        return server.url(database);
    }

    String url(String database, ServiceRole role) {
        return server.url(database, role.loginName(), java.util.Objects.requireNonNull(passwords.get(role)));
    }

    static Jdbi jdbi(String url) {
        DatabaseUrl parsed = DatabaseUrl.parse(url);
        return Jdbi.create(parsed.jdbcUrl(), parsed.user(), parsed.password());
    }

    private static final class Started {
        static final SharedPostgres INSTANCE = new SharedPostgres();
    }
}

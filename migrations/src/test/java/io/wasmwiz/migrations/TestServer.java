package io.wasmwiz.migrations;

import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.embedded.EmbeddedPostgresConfig;
import io.wasmwiz.embedded.FileTrees;
import io.wasmwiz.embedded.PostgresBinaries;
import io.wasmwiz.service.database.DatabaseUrl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;

/** The PostgreSQL versions that the schema must work on, each as one server that starts when it is first asked. */
enum TestServer {
    /** The one that the local stack runs. */
    NEWEST,
    /** The oldest that is supported; the build puts its jar there. */
    OLDEST;

    static final String PASSWORD = "of-a-test";
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final Map<TestServer, EmbeddedPostgres> RUNNING = new ConcurrentHashMap<>();

    /**
     * One database.
     *
     * @param name its name
     * @param url of the superuser
     * @param server where it is
     */
    record TestDatabase(String name, String url, EmbeddedPostgres server) {
        Jdbi jdbi() {
            return connectTo(url);
        }

        Jdbi jdbi(ServiceRole role) {
            return connectTo(server.url(name, role.loginName(), PASSWORD));
        }

        /** The first column of what {@code sql} yields to the superuser, as text. */
        List<String> rows(String sql) {
            return jdbi().withHandle(handle ->
                    handle.createQuery(sql).mapTo(String.class).list());
        }

        Migrations migrations() {
            return Migrations.of(DatabaseUrl.parse(url));
        }
    }

    /** A database without anything. */
    TestDatabase emptyDatabase() {
        return create("template1");
    }

    /** A copy of a migrated database. */
    TestDatabase migratedDatabase() {
        server();
        return create("migrated");
    }

    private TestDatabase create(String template) {
        String name = "test_" + DATABASES.incrementAndGet();
        connectTo(server().url("postgres"))
                .useHandle(handle -> handle.execute("CREATE DATABASE " + name + " TEMPLATE " + template));
        return new TestDatabase(name, server().url(name), server());
    }

    private EmbeddedPostgres server() {
        return RUNNING.computeIfAbsent(this, TestServer::start);
    }

    private EmbeddedPostgres start() {
        Path directory;
        try {
            directory = Files.createTempDirectory("wasmwiz-migrations-test-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        EmbeddedPostgres server = EmbeddedPostgres.start(EmbeddedPostgresConfig.of(directory, PASSWORD)
                .withBinaries(binaries())
                .withSettings(Map.of("fsync", "off")));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, directory)));
        Jdbi superuser = connectTo(server.url("postgres"));
        superuser.useHandle(handle -> handle.execute("CREATE DATABASE migrated"));
        Migrations.of(DatabaseUrl.parse(server.url("migrated"))).migrate();
        Map<ServiceRole, String> passwords = new EnumMap<>(ServiceRole.class);
        for (ServiceRole role : ServiceRole.values()) {
            passwords.put(role, PASSWORD);
        }
        ServiceLogins.ensure(superuser, passwords);
        return server;
    }

    private PostgresBinaries binaries() {
        return switch (this) {
            case NEWEST -> PostgresBinaries.onClassPath();
            case OLDEST -> PostgresBinaries.inJar(Path.of("target/postgresql-oldest.jar"));
        };
    }

    private static void stop(EmbeddedPostgres server, Path directory) {
        try {
            server.close();
            FileTrees.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Jdbi connectTo(String url) {
        DatabaseUrl parsed = DatabaseUrl.parse(url);
        return Jdbi.create(parsed.jdbcUrl(), parsed.user(), parsed.password());
    }
}

package io.wasmwiz.local.parts;

import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.embedded.EmbeddedPostgresConfig;
import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.migrations.Migrations;
import io.wasmwiz.migrations.ServiceLogins;
import io.wasmwiz.migrations.ServiceRole;
import io.wasmwiz.service.database.DatabaseUrl;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.EnumMap;
import java.util.Map;
import org.jdbi.v3.core.Jdbi;

/** The stack's PostgreSQL: migrated, with a login user for each role. Its starter closes it. */
public final class LocalDatabase implements AutoCloseable {
    private static final String NAME = "wasmwiz";
    private static final String EXISTS = "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = :name)";

    private final EmbeddedPostgres postgres;
    private final Map<ServiceRole, String> passwords;

    private LocalDatabase(EmbeddedPostgres postgres, Map<ServiceRole, String> passwords) {
        this.postgres = postgres;
        this.passwords = passwords;
    }

    /**
     * Starts PostgreSQL and brings the schema up to date.
     *
     * @param directory of the server's data and log
     * @param port 0 takes a free one
     * @param settings of the server, as in postgresql.conf
     */
    public static LocalDatabase start(
            Path directory, int port, Map<String, String> settings, Secrets secrets, Progress progress)
            throws Exception {
        EmbeddedPostgresConfig server = EmbeddedPostgresConfig.of(directory, secrets.password("postgres"))
                .withPort(port)
                .withSettings(settings);
        EmbeddedPostgres postgres = progress.step("PostgreSQL", () -> EmbeddedPostgres.start(server));
        try {
            Map<ServiceRole, String> passwords = new EnumMap<>(ServiceRole.class);
            for (ServiceRole role : ServiceRole.values()) {
                passwords.put(role, secrets.password(role.roleName()));
            }
            progress.step("migrations", () -> {
                ensureDatabase(jdbi(postgres.url("postgres")));
                int applied = Migrations.of(DatabaseUrl.parse(postgres.url(NAME)))
                        .migrate()
                        .size();
                ServiceLogins.ensure(jdbi(postgres.url(NAME)), passwords);
                return applied;
            });
            return new LocalDatabase(postgres, passwords);
        } catch (Exception | Error e) {
            postgres.close();
            throw e;
        }
    }

    private static void ensureDatabase(Jdbi server) {
        server.useHandle(handle -> {
            if (!handle.createQuery(EXISTS)
                    .bind("name", NAME)
                    .mapTo(Boolean.class)
                    .one()) {
                handle.execute("CREATE DATABASE " + NAME);
            }
        });
    }

    /** Makes the account and the key of {@code tier} unless they are there. */
    public LocalAccount ensureAccount(String tier, Secrets secrets) throws IOException {
        String text =
                secrets.apiKey(tier, () -> ApiKey.generate(new SecureRandom()).text());
        ApiKey key = ApiKey.parse(text)
                .orElseThrow(() -> new IllegalStateException(secrets + " holds no valid key for tier " + tier));
        LocalAccount account = new LocalAccount(tier, text);
        account.ensure(jdbi(postgres.url(NAME)), key.hash().sha256());
        return account;
    }

    /** Database URL of the login user of {@code role}. */
    public String url(ServiceRole role) {
        return postgres.url(NAME, role.loginName(), password(role));
    }

    /** The same, through whatever carries {@code port} of 127.0.0.1 to the server. */
    public String url(ServiceRole role, int port) {
        return postgres.url(NAME, role.loginName(), password(role), port);
    }

    private String password(ServiceRole role) {
        String password = passwords.get(role);
        if (password == null) {
            throw new IllegalStateException("no password for " + role);
        }
        return password;
    }

    /** The server, which {@link #close} closes. */
    public EmbeddedPostgres server() {
        return postgres;
    }

    /** The database as its owner, who may do everything. */
    public Jdbi owner() {
        return jdbi(postgres.url(NAME));
    }

    /** Process id of the server. */
    public long pid() {
        return postgres.pid();
    }

    private static Jdbi jdbi(String url) {
        DatabaseUrl parsed = DatabaseUrl.parse(url);
        return Jdbi.create(parsed.jdbcUrl(), parsed.user(), parsed.password());
    }

    @Override
    public void close() {
        postgres.close();
    }
}

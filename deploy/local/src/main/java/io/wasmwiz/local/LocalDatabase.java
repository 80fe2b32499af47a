package io.wasmwiz.local;

import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.embedded.EmbeddedPostgresConfig;
import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.migrations.Migrations;
import io.wasmwiz.migrations.ServiceLogins;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Jdbi;

/** The stack's PostgreSQL: migrated, with a login for each role. Its starter closes it. */
final class LocalDatabase implements AutoCloseable {
    private static final String NAME = "wasmwiz";

    private final EmbeddedPostgres postgres;
    private final Secrets secrets;
    private final Jdbi superuser;

    private LocalDatabase(EmbeddedPostgres postgres, Secrets secrets, Jdbi superuser) {
        this.postgres = postgres;
        this.secrets = secrets;
        this.superuser = superuser;
    }
}

package io.wasmwiz.migrations;

import java.sql.SQLException;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.PGConnection;

/**
 * Login users for the group roles, for the local stack and for tests; where PostgreSQL is somebody else's, its operator
 * makes such users. Stateless.
 */
public final class ServiceLogins {
    private static final String LOCK = "SELECT pg_advisory_xact_lock(hashtext('wasmwiz_service_logins'))";
    private static final String EXISTS = "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = :name)";

    private ServiceLogins() {}

    /**
     * Makes each role's login user, or gives it another password. Users belong to the whole server. Safe to run from
     * several processes at once.
     *
     * @param superuser may create roles; its database is migrated, so that the group roles are there
     * @param passwords by role; each is hashed here, so that no statement or log of the server holds it
     */
    public static void ensure(Jdbi superuser, Map<ServiceRole, String> passwords) {
        try {
            superuser.useTransaction(handle -> {
                handle.execute(LOCK);
                for (Map.Entry<ServiceRole, String> entry : passwords.entrySet()) {
                    ensure(handle, entry.getKey(), entry.getValue());
                }
            });
        } catch (SQLException e) {
            throw new IllegalStateException("cannot set the password of a service's login user", e);
        }
    }

    // The names are constants of ours, so they may stand in the statements.
    private static void ensure(Handle handle, ServiceRole role, String password) throws SQLException {
        String name = role.loginName();
        if (!handle.createQuery(EXISTS).bind("name", name).mapTo(Boolean.class).one()) {
            handle.execute("CREATE ROLE " + name + " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE");
        }
        handle.getConnection()
                .unwrap(PGConnection.class)
                .alterUserPassword(name, password.toCharArray(), "scram-sha-256");
        handle.execute("GRANT " + role.roleName() + " TO " + name);
    }
}

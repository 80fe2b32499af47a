package io.wasmwiz.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;

final class ServiceLoginsIT {
    // Users belong to the whole server, so the other tests' password must be there again afterwards.
    @Test
    void givesALoginAnotherPassword() {
        TestServer.TestDatabase database = TestServer.OLDEST.migratedDatabase();
        Jdbi superuser = database.jdbi();
        try {
            ServiceLogins.ensure(superuser, Map.of(ServiceRole.READER, "a'nother"));
            ServiceLogins.ensure(superuser, Map.of(ServiceRole.READER, "a'nother"));
            Jdbi reader =
                    TestServer.connectTo(database.server().url(database.name(), "wasmwiz_reader_login", "a'nother"));
            reader.useHandle(handle -> handle.execute("SELECT name FROM users"));
            assertThatThrownBy(() -> database.jdbi(ServiceRole.READER).open().close())
                    .isInstanceOf(ConnectionException.class);
        } finally {
            ServiceLogins.ensure(superuser, Map.of(ServiceRole.READER, TestServer.PASSWORD));
        }
        database.jdbi(ServiceRole.READER).open().close();
    }

    @Test
    void leavesNoPlainPasswordInTheServer() {
        assertThat(TestServer.OLDEST
                        .migratedDatabase()
                        .rows("SELECT rolpassword FROM pg_authid WHERE rolname LIKE '%\\_login'"))
                .hasSize(ServiceRole.values().length)
                .allSatisfy(stored -> assertThat(stored).startsWith("SCRAM-SHA-256$"));
    }
}

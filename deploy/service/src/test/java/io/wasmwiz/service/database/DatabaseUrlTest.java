package io.wasmwiz.service.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {
    @Test
    void readsTheFormThatPlatformsHandOut() {
        DatabaseUrl url = DatabaseUrl.parse("postgresql://me:p%40ss+1@db.example:7432/wasmwiz?sslmode=require");

        assertThat(url.jdbcUrl()).isEqualTo("jdbc:postgresql://db.example:7432/wasmwiz?sslmode=require");
        assertThat(url.user()).isEqualTo("me");
        assertThat(url.password()).isEqualTo("p@ss+1");
    }

    @Test
    void takesTheDriversFormAsItIs() {
        assertThat(DatabaseUrl.parse("jdbc:postgresql://db/x?user=me").jdbcUrl())
                .isEqualTo("jdbc:postgresql://db/x?user=me");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mysql://me:secret@db/x", "postgresql://me:secret@db", "postgresql:me:secret", "se cret"})
    void refusesOthersWithoutRepeatingThem(String url) {
        assertThatThrownBy(() -> DatabaseUrl.parse(url))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .doesNotContain("secret", "se cret");
    }

    @Test
    void hidesThePasswordInItsText() {
        assertThat(DatabaseUrl.parse("postgresql://me:secret@db/x").toString()).doesNotContain("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"08006", "53300", "57P01", "57P03"})
    void takesAServerThatIsGoneAsUnavailable(String state) {
        assertThat(Database.isUnavailable(new IllegalStateException(new SQLException("x", state))))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"23505", "42501", "57014"})
    void takesARefusedStatementAsOurFault(String state) {
        assertThat(Database.isUnavailable(new SQLException("x", state))).isFalse();
    }
}

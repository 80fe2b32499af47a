package io.wasmwiz.executor.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.service.database.Database;
import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseAvailabilityTest {
    @ParameterizedTest
    @ValueSource(strings = {"08006", "53300", "57P01", "25006", "40001", "40P01", "55P03"})
    void isAwayWhenAnotherAttemptMaySucceed(String state) {
        assertThat(Database.isUnavailable(new IllegalStateException(new SQLException("no", state))))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"57014", "25001", "23505", "42P01"})
    void isThereWhenItRefusesAStatement(String state) {
        assertThat(Database.isUnavailable(new SQLException("no", state))).isFalse();
    }
}

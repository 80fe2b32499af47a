package io.wasmwiz.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Asserts how PostgreSQL refused a statement. */
final class Refusals {
    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private Refusals() {}

    static void assertPermissionDenied(ThrowingCallable statement) {
        assertThat(refusal(statement).getSQLState()).isEqualTo(INSUFFICIENT_PRIVILEGE);
    }

    static void assertConstraint(String constraint, ThrowingCallable statement) {
        assertThat(refusal(statement).getConstraint()).isEqualTo(constraint);
    }

    static ServerErrorMessage refusal(ThrowingCallable statement) {
        Throwable cause = catchThrowable(statement);
        assertThat(cause).as("PostgreSQL's refusal").isNotNull();
        while (!(cause instanceof PSQLException)) {
            cause = Objects.requireNonNull(cause.getCause(), cause.toString());
        }
        return Objects.requireNonNull(((PSQLException) cause).getServerErrorMessage(), cause.toString());
    }
}

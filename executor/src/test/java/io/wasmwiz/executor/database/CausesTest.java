package io.wasmwiz.executor.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class CausesTest {
    @Test
    void tellsOnlyTheInnermost() {
        Throwable failure = new IllegalStateException("arguments: secret", new IOException("connection refused"));

        assertThat(Causes.innermost(failure)).isEqualTo("IOException: connection refused");
        assertThat(Causes.innermost(new IOException("alone"))).isEqualTo("IOException: alone");
    }

    @Test
    void endsOnCausesThatGoInCircles() {
        Exception one = new Exception("one");
        Exception other = new Exception("other", one);
        one.initCause(other);

        assertThat(Causes.innermost(one)).startsWith("Exception: o");
    }
}

package io.wasmwiz.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CloserTest {
    private final List<String> closed = new ArrayList<>();
    private final Closer closer = new Closer();

    @Test
    void closesInReverseOrderOnce() {
        closer.add(() -> closed.add("first"));
        closer.add(() -> closed.add("second"));

        closer.close();
        closer.close();

        assertThat(closed).containsExactly("second", "first");
    }

    @Test
    void closesTheRestWhenOneFails() {
        closer.add(() -> closed.add("first"));
        closer.add(() -> {
            throw new java.io.IOException("stuck");
        });

        assertThatThrownBy(closer::close).hasRootCauseMessage("stuck");

        assertThat(closed).containsExactly("first");
    }

    @Test
    void keepsTheCauseOfAFailedStart() {
        IllegalStateException cause = new IllegalStateException("port in use");
        closer.add(() -> {
            throw new java.io.IOException("stuck");
        });

        assertThat(closer.closeAfter(cause)).isSameAs(cause);
        assertThat(cause.getSuppressed()).hasSize(1);
    }
}

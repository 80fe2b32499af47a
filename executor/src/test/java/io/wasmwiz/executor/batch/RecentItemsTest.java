package io.wasmwiz.executor.batch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentItemsTest {
    @Test
    void knowsTheLastItemsAndForgetsThoseBeforeThem() {
        RecentItems recent = new RecentItems(2);

        assertThat(recent.add("a")).isTrue();
        assertThat(recent.add("b")).isTrue();
        assertThat(recent.add("a")).isFalse();
        assertThat(recent.add("c")).isTrue();
        assertThat(recent.add("b")).isFalse();
        assertThat(recent.add("a")).isTrue();
    }
}

package io.wasmwiz.cli.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChartTest {
    @Test
    void drawsColumnsInProportionToTheLargest() {
        assertThat(Chart.columns(new long[] {0, 1, 4, 5, 8})).isEqualTo("·▁▄▅█");
        assertThat(Chart.columns(new long[] {0, 0})).isEqualTo("··");
        assertThat(Chart.columns(new long[] {1, 1_000_000})).isEqualTo("▁█");
    }

    @Test
    void drawsBarsToAnEighthOfACharacter() {
        assertThat(Chart.bar(10, 10, 4)).isEqualTo("████");
        assertThat(Chart.bar(5, 8, 1)).isEqualTo("▋");
        assertThat(Chart.bar(1, 1_000, 4)).isEqualTo("▏");
        assertThat(Chart.bar(0, 10, 4)).isEmpty();
    }
}

package io.wasmwiz.executor.admission;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeaseSizeTest {
    @ParameterizedTest
    @CsvSource({
        // limit, remaining, wanted, waiting, maximum, size
        "500, 500, 4, 1, 256, 4",
        "500, 500, 64, 1, 256, 10",
        "500, 41, 64, 1, 256, 10",
        "500, 40, 64, 1, 256, 1",
        "500, 40, 64, 7, 256, 7",
        "500, 3, 64, 7, 256, 3",
        "500, 0, 64, 7, 256, 0",
        "500, -5, 64, 7, 256, 0",
        "500, 500, 4, 300, 256, 300",
        "50000, 50000, 1000, 1, 256, 256",
        "50000, 1024, 256, 2, 256, 2",
        "1, 1, 4, 1, 256, 1",
    })
    void followsWantAndTheLimit(long limit, long remaining, long wanted, long waiting, long maximum, long size) {
        assertThat(LeaseSize.of(limit, remaining, wanted, waiting, maximum)).isEqualTo(size);
    }
}

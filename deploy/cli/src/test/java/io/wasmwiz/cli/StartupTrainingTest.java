package io.wasmwiz.cli;

import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.Test;

class StartupTrainingTest {
    @Test
    void everyCommandOfTheTrainingSucceeds() {
        assertThatCode(StartupTraining::train).doesNotThrowAnyException();
    }
}

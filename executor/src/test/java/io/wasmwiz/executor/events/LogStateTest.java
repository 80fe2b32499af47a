package io.wasmwiz.executor.events;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogStateTest {
    private final LogUnavailableException fault = new LogUnavailableException("broken");
    private final LogState<String> serving = new LogState<>("first", null, false);

    @Test
    void aProbeDoesNotHideWhatWasReportedMeanwhile() {
        LogState<String> state = serving.reported("first", fault).probed(null);

        assertThat(state.fault()).isSameAs(fault);
        assertThat(state.broken()).isTrue();
    }

    @Test
    void aReportOfAnotherConnectionCountsNothing() {
        assertThat(serving.reported("second", fault)).isEqualTo(serving);
    }

    @Test
    void staysAFaultUntilTheNextConnectionServes() {
        LogState<String> reopened = serving.reported("first", fault).with("second");

        assertThat(reopened.fault()).isSameAs(fault);
        assertThat(reopened.probed(null)).isEqualTo(new LogState<>("second", null, false));
    }
}

package io.wasmwiz.executor.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.admission.Admission;
import io.wasmwiz.executor.refusal.Refusal;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class PostponementTest {
    private static final Duration MINUTE = Duration.ofSeconds(42);

    private static final Refusal SPENT_MINUTE =
            new Refusal.NotAdmitted(new Admission.MinuteQuotaSpent("Free", 10, 10, Instant.EPOCH, MINUTE));

    @Test
    void waitsForTheNextMinuteOnlyWhereThatIsWanted() {
        assertThat(Postponement.of(SPENT_MINUTE, true)).contains(new Postponement(MINUTE, true));
        assertThat(Postponement.of(SPENT_MINUTE, false)).isEmpty();
    }

    @Test
    void waitsForTheNextMinuteOfAKeyAndNotForItsNextDay() {
        assertThat(Postponement.of(key(Admission.Period.MINUTE), true)).contains(new Postponement(MINUTE, true));
        assertThat(Postponement.of(key(Admission.Period.DAY), true)).isEmpty();
    }

    @Test
    void triesAgainSoonWhatIsBusy() {
        assertThat(Postponement.of(new Refusal.ServerBusy("sandbox", MINUTE), false))
                .contains(new Postponement(Duration.ofSeconds(1), false));
        assertThat(Postponement.of(
                        new Refusal.NotAdmitted(new Admission.ConcurrencySpent("Free", 2, Duration.ofMillis(50))),
                        false))
                .contains(new Postponement(Duration.ofMillis(50), false));
    }

    @Test
    void givesUpWhatWillNotPass() {
        assertThat(Postponement.of(new Refusal.ModuleNotFound("ab"), true)).isEmpty();
        assertThat(Postponement.of(
                        new Refusal.NotAdmitted(
                                new Admission.DailyQuotaSpent("Free", 500, 1, 500, Instant.EPOCH, MINUTE)),
                        true))
                .isEmpty();
    }

    private static Refusal key(Admission.Period period) {
        return new Refusal.NotAdmitted(new Admission.KeyQuotaSpent(period, 5, 5, Instant.EPOCH, MINUTE));
    }
}

package io.wasmwiz.metering.consume;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.metering.store.StoredPosition;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class PlacementTest {
    private static final UUID TOPIC = new UUID(1, 1);

    @Test
    void goesOnWhereTheLedgerEnds() {
        assertThat(Placement.of(new StoredPosition(TOPIC, 5, 3), TOPIC, new LogRange(0, 9)))
                .isEqualTo(new Placement.At(new LogPosition(5, 3)));
        assertThat(Placement.of(new StoredPosition(TOPIC, 9, null), TOPIC, new LogRange(9, 9)))
                .isEqualTo(new Placement.At(new LogPosition(9, null)));
    }

    @Test
    void refusesAnotherTopicOfTheSameName() {
        assertThat(refused(new StoredPosition(new UUID(2, 2), 0, null), new LogRange(0, 0)))
                .isEqualTo(Stall.Cause.TOPIC_REPLACED);
    }

    @Test
    void refusesALogThatLostRecordsBeforeTheyWereRead() {
        assertThat(refused(new StoredPosition(TOPIC, 4, null), new LogRange(5, 9)))
                .isEqualTo(Stall.Cause.RECORDS_LOST);
    }

    @Test
    void refusesALogThatIsShorterThanWhatWasRead() {
        assertThat(refused(new StoredPosition(TOPIC, 10, null), new LogRange(0, 9)))
                .isEqualTo(Stall.Cause.LOG_TRUNCATED);
    }

    private static Stall.Cause refused(StoredPosition stored, LogRange range) {
        Placement placement = Placement.of(stored, TOPIC, range);
        assertThat(placement).isInstanceOf(Placement.Refused.class);
        return ((Placement.Refused) placement).cause();
    }
}

package io.wasmwiz.metering.settle;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.metering.EventFixture;
import io.wasmwiz.metering.event.DeadReason;
import io.wasmwiz.metering.event.Decoded;
import io.wasmwiz.metering.event.EventDecoder;
import io.wasmwiz.metering.event.LogEntry;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class RetentionFloorTest {
    private static final LocalDate FLOOR = LocalDate.of(2026, 3, 1);
    private static final UUID ACCOUNT = new UUID(0, 1);
    private static final EventDecoder DECODER =
            new EventDecoder(Clock.fixed(Instant.parse("2026-03-20T00:00:00Z"), ZoneOffset.UTC));

    private final RetentionFloor retention = new RetentionFloor(FLOOR, Map.of(0, 10L));

    @Test
    void keepsWhatIsOfTheFloorOrAbove() {
        List<LogEntry> entries = List.of(execution(FLOOR, 0, 3), execution(FLOOR.plusDays(1), 1, 0));
        assertThat(retention.apply(entries)).isEqualTo(new RetentionFloor.Kept(entries, 0));
    }

    @Test
    void skipsWhatIsBelowItAndWasReadBefore() {
        LogEntry kept = execution(FLOOR, 0, 8);
        List<LogEntry> entries =
                List.of(execution(FLOOR.minusDays(1), 0, 7), kept, execution(FLOOR.minusDays(9), 0, 9));
        assertThat(retention.apply(entries)).isEqualTo(new RetentionFloor.Kept(List.of(kept), 2));
    }

    @Test
    void putsAsideWhatIsBelowItAndNew() {
        RetentionFloor.Kept kept =
                retention.apply(List.of(execution(FLOOR.minusDays(1), 0, 10), execution(FLOOR.minusDays(1), 7, 0)));
        assertThat(kept.skipped()).isZero();
        assertThat(kept.entries())
                .extracting(LogEntry::decoded)
                .hasSize(2)
                .allSatisfy(decoded -> assertThat(decoded).isInstanceOfSatisfying(Decoded.Dead.class, dead -> {
                    assertThat(dead.reason()).isEqualTo(DeadReason.BELOW_RETENTION);
                    assertThat(dead.detail()).contains("2026-03-01");
                }));
    }

    @Test
    void leavesOtherRecordsAlone() {
        LogEntry close = new LogEntry(0, 1, null, null, new Decoded.LeaseClosed(new UUID(0, 2), ACCOUNT));
        LogEntry dead = new LogEntry(0, 2, null, null, new Decoded.Dead(DeadReason.NO_VALUE, ""));
        assertThat(retention
                        .apply(List.of(close, execution(FLOOR.minusDays(1), 0, 3), dead))
                        .entries())
                .containsExactly(close, dead);
    }

    private static LogEntry execution(LocalDate day, int partition, long offset) {
        byte[] key = EventFixture.key(ACCOUNT);
        byte[] value = EventFixture.value(EventFixture.execution(
                ACCOUNT, new UUID(0, 2), day.atTime(12, 0).toInstant(ZoneOffset.UTC)));
        return new LogEntry(partition, offset, key, value, DECODER.decode(key, value));
    }
}

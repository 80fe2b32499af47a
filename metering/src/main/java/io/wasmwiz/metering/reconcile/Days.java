package io.wasmwiz.metering.reconcile;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** UTC days, both ends included: which executions, leases and counters are compared. */
record Days(LocalDate first, LocalDate last) {
    private static final LocalDate LAST = LocalDate.of(9999, 12, 31);
    /** A record bears the clock of the executor that wrote it. */
    private static final Duration CLOCK_MARGIN = Duration.ofHours(2);

    static final Days ALL = new Days(LocalDate.EPOCH, LAST);

    static Days only(LocalDate day) {
        return new Days(day, day);
    }

    static Days since(LocalDate first) {
        return new Days(first, LAST);
    }

    boolean contains(LocalDate day) {
        return !day.isBefore(first) && !day.isAfter(last);
    }

    /** Whether everything from the first day on is compared. */
    boolean isOpenEnded() {
        return last.equals(LAST);
    }

    /** The days of these that are not before {@code floor}. */
    Days from(LocalDate floor) {
        return floor.isAfter(first) ? new Days(floor, last) : this;
    }

    /** From when on the log is read: records of these days are hardly older. Those that are count as older than the log. */
    Instant logStart() {
        Instant start = first.atStartOfDay(ZoneOffset.UTC).toInstant();
        return start.isAfter(Instant.EPOCH) ? start.minus(CLOCK_MARGIN) : Instant.EPOCH;
    }
}

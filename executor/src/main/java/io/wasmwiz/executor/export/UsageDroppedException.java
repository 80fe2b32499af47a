package io.wasmwiz.executor.export;

import java.time.LocalDate;

/** Retention may have dropped rows that an export had yet to send. */
final class UsageDroppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient LocalDate oldestDay;
    private final transient ExportPosition restart;

    /**
     * With where to go on.
     *
     * @param oldestDay the first day that is kept
     * @param restart the same position, of an export that does without what is lost
     */
    UsageDroppedException(LocalDate oldestDay, ExportPosition restart) {
        super("usage before " + oldestDay + " was dropped", null, false, false);
        this.oldestDay = oldestDay;
        this.restart = restart;
    }

    LocalDate oldestDay() {
        return oldestDay;
    }

    ExportPosition restart() {
        return restart;
    }
}

package io.wasmwiz.metering.settle;

import java.util.Locale;

/** Why a row is not charged. */
public enum UnchargedCause {
    /** Its executor asked to charge it, but its lease is not known, not its own, closed before, or used up. */
    LATE,
    /** Its executor did not ask to charge it. */
    NOT_CHARGEABLE;

    /** The word in {@code usage_logs.uncharged_cause}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}

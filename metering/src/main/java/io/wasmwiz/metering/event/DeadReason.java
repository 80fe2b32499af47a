package io.wasmwiz.metering.event;

/** Why a record can be no row; the name is stored in {@code dead_events.reason}. */
public enum DeadReason {
    /** The record has a null or empty value. */
    NO_VALUE,
    /** The value is not a message of the event schema. */
    MALFORMED,
    /** A field is missing or out of its bounds; the detail names each. */
    BAD_FIELD,
    /** The record's key is not the account inside. */
    KEY_MISMATCH,
    /** The days of the execution id and of the admission time differ. */
    DAY_MISMATCH,
    /** The day is so far from today that no partition may be made for it. */
    DAY_OUT_OF_RANGE,
    /** The day is below the retention floor and the record had not been read before: it came far too late. */
    BELOW_RETENTION,
    /** PostgreSQL refused the row for a cause that the decoder does not know; the detail has its message. */
    REFUSED_BY_DATABASE;

    /** Characters of a detail at most. */
    public static final int MAX_DETAIL = 1_000;
}

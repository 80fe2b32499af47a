package io.wasmwiz.metering.consume;

/**
 * Why a partition is not read although it is assigned.
 *
 * @param detail for operators
 */
record Stall(Cause cause, String detail) {
    enum Cause {
        /** Another topic has the name now. */
        TOPIC_REPLACED,
        /** The log's oldest records were removed before they were read. */
        RECORDS_LOST,
        /** The log is shorter than what was read from it. */
        LOG_TRUNCATED,
        /** A producer is newer than this worker. */
        NEWER_SCHEMA
    }
}

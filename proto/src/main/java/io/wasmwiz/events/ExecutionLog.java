package io.wasmwiz.events;

import java.util.UUID;

/**
 * The one place that names the execution log's topic and its record key, so that producers and consumers cannot
 * disagree. Stateless.
 */
public final class ExecutionLog {
    /**
     * The topic. Its partition count is fixed when it is made; more partitions mean a new version of the topic, since
     * growing it would move accounts between partitions.
     */
    public static final String TOPIC = "wasmwiz.executions.v1";

    /** Partitions of a newly made topic, unless the operator chose otherwise. */
    public static final int DEFAULT_PARTITIONS = 12;

    /** CloudEvents {@code ce_type} of an {@code ExecutionEvent}. */
    public static final String EXECUTION_TYPE = "io.wasmwiz.execution.v1";

    /** CloudEvents {@code ce_type} of a {@code LeaseClosed}. */
    public static final String LEASE_CLOSED_TYPE = "io.wasmwiz.lease_closed.v1";

    private ExecutionLog() {}

    /** The record key of an account's records: the id's 36-character text, encoded as UTF-8 by the producer. */
    public static String key(UUID accountId) {
        return accountId.toString();
    }
}

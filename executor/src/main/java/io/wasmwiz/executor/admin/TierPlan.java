package io.wasmwiz.executor.admin;

import java.time.Instant;

/**
 * A tier as an operator sees it.
 *
 * @param version of its figures, from 1
 */
public record TierPlan(String name, int version, TierFigures figures, Instant createdAt, Instant updatedAt) {
    /** Changes with every change. */
    public String etag() {
        return new Fingerprint()
                .add(name)
                .add(version)
                .add(figures)
                .add(updatedAt)
                .etag();
    }

    String target() {
        return "tiers/" + name;
    }

    String json() {
        return new JsonText()
                .put("name", name)
                .put("version", version)
                .put("executions_per_minute", figures.executionsPerMinute())
                .put("executions_per_day", figures.executionsPerDay())
                .put("memory_mib", figures.memoryMib())
                .put("run_time_ms", figures.runTimeMillis())
                .put("max_concurrency", figures.maxConcurrency())
                .toString();
    }
}

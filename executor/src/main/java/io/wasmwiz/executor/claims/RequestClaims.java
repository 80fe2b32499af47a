package io.wasmwiz.executor.claims;

import java.util.List;
import java.util.UUID;

/**
 * The claims that all executors share. A request keeps its execution id, and therefore is charged once, until its day is
 * over and it is certain that this id never will be charged; only then it gets another. Thread-safe; blocks on the store.
 */
public interface RequestClaims {
    /**
     * Claims each request, counting an attempt of those that are granted.
     *
     * @return an answer for each, in the same order
     */
    List<Claim> claim(List<Request> requests);

    /** Gives attempts back in which nothing ran. */
    void giveBack(List<Attempt> attempts);

    /** Who claims what. */
    record Request(RequestKey key, ContentHash content) {}

    /** An attempt that was granted. */
    record Attempt(RequestKey key, UUID executionId) {}
}

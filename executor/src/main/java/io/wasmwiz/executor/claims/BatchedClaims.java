package io.wasmwiz.executor.claims;

import io.wasmwiz.executor.claims.RequestClaims.Attempt;
import io.wasmwiz.executor.claims.RequestClaims.Request;
import io.wasmwiz.executor.work.WorkPool;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Claims without blocking, those of concurrent calls in one trip. Thread-safe; does not own the threads. */
public final class BatchedClaims {
    private static final Logger log = LoggerFactory.getLogger(BatchedClaims.class);

    private final Batches<Request, Claim> claims;
    private final Batches<Attempt, Boolean> returns;

    /**
     * Over {@code store}.
     *
     * @param capacity claims that may wait, and as many attempts to give back, at least 1
     */
    public BatchedClaims(RequestClaims store, WorkPool threads, int capacity) {
        this.claims = new Batches<>("claims", capacity, threads, store::claim);
        this.returns = new Batches<>("claims", capacity, threads, attempts -> giveBack(store, attempts));
    }

    private static List<Boolean> giveBack(RequestClaims store, List<Attempt> attempts) {
        store.giveBack(attempts);
        return Collections.nCopies(attempts.size(), true);
    }

    /**
     * Claims one request.
     *
     * @return completes on a thread of the pool; with {@link io.wasmwiz.executor.refusal.RefusedException} when the store
     *     is away or busy. The attempt may count all the same: then it is one less for the client
     */
    public CompletionStage<Claim> claim(Request request) {
        return claims.ask(request);
    }

    /** Gives an attempt back in which nothing ran, soon; when that fails it counts. */
    public void giveBack(Attempt attempt) {
        CompletableFuture<?> unused = returns.ask(attempt).whenComplete((done, failure) -> {
            if (failure != null) {
                log.atDebug().setCause(failure).log("an attempt of a request could not be given back");
            }
        });
    }
}

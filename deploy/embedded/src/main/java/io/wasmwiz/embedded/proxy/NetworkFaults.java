package io.wasmwiz.embedded.proxy;

import java.time.Duration;
import java.util.Random;

/** Decides what becomes of what a server sends. Implementations are thread-safe. */
public interface NetworkFaults {
    /** What becomes of the bytes of one read. */
    sealed interface Fate {
        /** They arrive. */
        record Passed() implements Fate {}

        /** They arrive later, and whatever follows them on their connection after them. */
        record Delayed(Duration by) implements Fate {}

        /**
         * They and all that follow on their connection never arrive, and it stays open, as if a network had stopped to carry
         * it in this direction.
         */
        record Lost() implements Fate {}

        /** They do not arrive, and the connection ends. */
        record Cut() implements Fate {}
    }

    /** The fate of the bytes that were read now. */
    Fate next();

    /** Everything arrives. */
    static NetworkFaults none() {
        return Fate.Passed::new;
    }

    /** Nothing arrives any more. */
    static NetworkFaults loseAll() {
        return Fate.Lost::new;
    }

    /**
     * Faults at random, in an order that {@code seed} decides.
     *
     * @param cut share of reads after which a connection ends, 0 to 1
     * @param lost share of reads from which on a connection is silent
     * @param delayed share of reads that arrive later; with the other two at most 1
     * @param longestDelay of these, evenly distributed from zero
     */
    static NetworkFaults random(long seed, double cut, double lost, double delayed, Duration longestDelay) {
        if (cut < 0 || lost < 0 || delayed < 0 || cut + lost + delayed > 1) {
            throw new IllegalArgumentException(
                    "shares must be 0 to 1 in all, were %s, %s and %s".formatted(cut, lost, delayed));
        }
        // java.util.Random is thread-safe.
        Random random = new Random(seed);
        return () -> {
            double drawn = random.nextDouble();
            if (drawn < cut) {
                return new Fate.Cut();
            }
            if (drawn < cut + lost) {
                return new Fate.Lost();
            }
            if (drawn < cut + lost + delayed) {
                return new Fate.Delayed(Duration.ofNanos((long) (random.nextDouble() * longestDelay.toNanos())));
            }
            return new Fate.Passed();
        };
    }
}

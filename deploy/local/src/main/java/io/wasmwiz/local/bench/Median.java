package io.wasmwiz.local.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** The median of a figure over rounds. Stateless. */
final class Median {
    private Median() {}

    /** Of {@code figure} over {@code rounds}, at least one; the mean of the middle two of an even number. */
    static <T> double of(List<T> rounds, ToDoubleFunction<T> figure) {
        double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
}

package io.wasmwiz.executor.sandbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a function takes and returns, if it can be invoked: at most {@value #MAX_VALUES} numbers each.
 *
 * @param parameters in order
 * @param results in order
 */
public record Signature(List<ValueType> parameters, List<ValueType> results) {
    public static final int MAX_VALUES = 16;

    private static final String ARROW = " -> ";

    public Signature {
        parameters = List.copyOf(parameters);
        results = List.copyOf(results);
        if (parameters.size() > MAX_VALUES || results.size() > MAX_VALUES) {
            throw new IllegalArgumentException("at most " + MAX_VALUES + " parameters and results");
        }
    }

    /**
     * Of a type in the text format's words, for example {@code (i32 i64) -> (f64)}; empty when such a function cannot be
     * invoked, because it has references or more values than fit.
     */
    public static Optional<Signature> parse(String type) {
        int arrow = type.indexOf(ARROW);
        if (arrow < 0) {
            return Optional.empty();
        }
        Optional<List<ValueType>> parameters = list(type.substring(0, arrow));
        Optional<List<ValueType>> results = list(type.substring(arrow + ARROW.length()));
        return parameters.isPresent() && results.isPresent()
                ? Optional.of(new Signature(parameters.get(), results.get()))
                : Optional.empty();
    }

    private static Optional<List<ValueType>> list(String text) {
        if (!text.startsWith("(") || !text.endsWith(")")) {
            return Optional.empty();
        }
        List<ValueType> types = new ArrayList<>();
        for (String word : text.substring(1, text.length() - 1).split(" ")) {
            if (word.isEmpty()) {
                continue;
            }
            Optional<ValueType> type = ValueType.of(word);
            if (type.isEmpty() || types.size() == MAX_VALUES) {
                return Optional.empty();
            }
            types.add(type.get());
        }
        return Optional.of(types);
    }

    /** Whether a function of this signature takes these. */
    public boolean takes(List<Value> arguments) {
        return arguments.stream().map(Value::type).toList().equals(parameters);
    }

    /** In the text format's words. */
    @Override
    public String toString() {
        return words(parameters) + ARROW + words(results);
    }

    private static String words(List<ValueType> types) {
        return types.stream().map(ValueType::word).collect(Collectors.joining(" ", "(", ")"));
    }
}

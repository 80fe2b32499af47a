package io.wasmwiz.executor.wasm;

/**
 * A function's type, one letter per value: i = i32, I = i64, f = f32, F = f64, r = funcref, x = externref.
 *
 * @param parameters what it takes
 * @param results what it returns
 */
record FunctionType(String parameters, String results) {
    /** Of {@code _start} and of a start function. */
    static final FunctionType COMMAND = new FunctionType("", "");

    boolean isCommand() {
        return equals(COMMAND);
    }

    /** How many of its parameters are references. */
    long references() {
        return parameters
                .chars()
                .filter(letter -> ValueTypes.isReference((char) letter))
                .count();
    }

    /** In the text format's words, for messages. */
    @Override
    public String toString() {
        return "(" + words(parameters) + ") -> (" + words(results) + ")";
    }

    private static String words(String letters) {
        var words = new StringBuilder();
        letters.chars()
                .limit(20)
                .forEach(letter -> words.append(words.isEmpty() ? "" : " ").append(ValueTypes.word(letter)));
        return letters.length() > 20 ? words + " …" : words.toString();
    }
}

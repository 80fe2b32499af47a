package io.wasmwiz.executor.wasm;

/**
 * A function's type, one letter per value: i = i32, I = i64, f = f32, F = f64, r = funcref, x = externref.
 *
 * @param parameters what it takes
 * @param results what it returns
 */
record FunctionType(String parameters, String results) {
    /** In the text format's words, for messages. */
    @Override
    public String toString() {
        return "(" + words(parameters) + ") -> (" + words(results) + ")";
    }

    private static String words(String letters) {
        var words = new StringBuilder();
        letters.chars()
                .limit(20)
                .forEach(letter -> words.append(words.isEmpty() ? "" : " ")
                        .append(
                                switch (letter) {
                                    case 'i' -> "i32";
                                    case 'I' -> "i64";
                                    case 'f' -> "f32";
                                    case 'F' -> "f64";
                                    case 'r' -> "funcref";
                                    default -> "externref";
                                }));
        return letters.length() > 20 ? words + " …" : words.toString();
    }
}

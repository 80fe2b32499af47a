package io.wasmwiz.cli.connect;

/** A key on its way to the server. Never printed. */
public final class ApiKey {
    private static final int LONGEST = 256;

    private final String text;

    private ApiKey(String text) {
        this.text = text;
    }

    /**
     * Takes what can stand in a header; whether it is a key is for the server to say.
     *
     * @throws IllegalArgumentException without repeating {@code text}
     */
    public static ApiKey of(String text) {
        if (text.isEmpty() || text.length() > LONGEST || !text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException(
                    "not a key: 1 to 256 visible ASCII characters without spaces are expected (ww_…)");
        }
        return new ApiKey(text);
    }

    /** The value of the {@code authorization} header. */
    String authorization() {
        return "Bearer " + text;
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "ApiKey[…]";
    }
}

package io.wasmwiz.cli.text;

/** Makes text from elsewhere safe to print: it must neither move the cursor nor fill the screen. */
public final class Printable {
    private static final int LONGEST = 2_000;

    private Printable() {}

    /** {@code text} on one line, control characters replaced, cut after 2,000 characters. */
    public static String line(String text) {
        StringBuilder line = new StringBuilder(Math.min(text.length(), LONGEST));
        text.codePoints().limit(LONGEST).forEach(c -> {
            if (c == '\n' || c == '\t') {
                line.append(' ');
            } else if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                line.append('?');
            } else {
                line.appendCodePoint(c);
            }
        });
        return text.length() > LONGEST ? line + "…" : line.toString();
    }
}

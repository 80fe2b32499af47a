package io.wasmwiz.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A console session as a document shows it: a line that starts with {@code $ } is a command, what follows is its standard
 * output, and a line of three dots stands for any lines.
 */
record Transcript(List<Step> steps) {
    private static final String PROMPT = "$ ";
    private static final String ANY_LINES = "...";

    /** A command and what it prints. */
    record Step(String command, List<String> output) {
        /** What standard output must match. */
        Pattern pattern() {
            return Pattern.compile(output.stream()
                    .map(line -> line.equals(ANY_LINES) ? "(?:.*\\n)*?" : Pattern.quote(line) + "\\n")
                    .collect(Collectors.joining()));
        }
    }

    /** The {@code console} block below {@code heading} in {@code document}. */
    static Transcript read(Path document, String heading) throws IOException {
        String text = Files.readString(document);
        int section = text.indexOf("\n## " + heading + "\n");
        int block = text.indexOf("```console\n", section);
        if (section < 0 || block < 0) {
            throw new IllegalArgumentException(document + " has no console block below '" + heading + "'");
        }
        int start = block + "```console\n".length();
        List<Step> steps = new ArrayList<>();
        for (String line : text.substring(start, text.indexOf("```", start)).split("\n", -1)) {
            if (line.startsWith(PROMPT)) {
                steps.add(new Step(line.substring(PROMPT.length()), new ArrayList<>()));
            } else if (!line.isEmpty()) {
                steps.get(steps.size() - 1).output().add(line);
            }
        }
        return new Transcript(List.copyOf(steps));
    }
}

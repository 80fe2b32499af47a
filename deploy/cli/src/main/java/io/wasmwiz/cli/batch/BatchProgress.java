package io.wasmwiz.cli.batch;

import io.wasmwiz.cli.text.Progress;
import io.wasmwiz.cli.text.Terminal;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

/** How far a batch is: a bar on a terminal, a plain line every ten seconds elsewhere. Thread-safe. */
final class BatchProgress {
    private static final int BAR_CHARACTERS = 20;
    private static final long PLAIN_MILLIS = 10_000;

    private final ItemSource source;
    private final ResultLines results;
    private final BatchDialogue dialogue;
    private final long startNanos = System.nanoTime();

    BatchProgress(ItemSource source, ResultLines results, BatchDialogue dialogue) {
        this.source = source;
        this.results = results;
        this.dialogue = dialogue;
    }

    /** Shows it until what is returned is closed. */
    AutoCloseable show(Terminal terminal, boolean quiet) {
        if (quiet || terminal.errorIsTerminal()) {
            return Progress.start(terminal, quiet, this::bar);
        }
        Thread thread = new Thread(() -> tell(terminal), "progress");
        thread.setDaemon(true);
        thread.start();
        return () -> {
            thread.interrupt();
            thread.join();
        };
    }

    private void tell(Terminal terminal) {
        try {
            while (true) {
                Thread.sleep(PLAIN_MILLIS);
                terminal.err().println(figures(elapsedSeconds()));
            }
        } catch (InterruptedException e) {
            // The batch has ended.
        }
    }

    private String bar(long seconds) {
        double fraction = source.fraction();
        if (fraction < 0) {
            return figures(seconds);
        }
        int full = (int) (fraction * BAR_CHARACTERS);
        return "[" + "#".repeat(full) + ".".repeat(BAR_CHARACTERS - full) + "] " + figures(seconds);
    }

    private String figures(long seconds) {
        StringBuilder text = new StringBuilder("%,d items, %,d/s".formatted(results.written(), rate()));
        double fraction = source.fraction();
        if (fraction > 0) {
            long left = Math.round(seconds * (1 - fraction) / fraction);
            text.append(", %d%%, %d s left".formatted((int) (100 * fraction), left));
        }
        text.append(", %,d failed".formatted(results.failed()));
        if (dialogue.cuts() > 0) {
            text.append(", %d cuts".formatted(dialogue.cuts()));
        }
        return text.toString();
    }

    /** The end of it all, on one line. */
    String summary(int leftOut) {
        Map<String, Long> counts = results.counts();
        return "%,d items in %,d s, %,d/s%s%s: %s"
                .formatted(
                        results.written(),
                        elapsedSeconds(),
                        rate(),
                        leftOut == 0 ? "" : ", %,d left out that had run".formatted(leftOut),
                        dialogue.cuts() == 0 ? "" : ", cut and resumed %d times".formatted(dialogue.cuts()),
                        counts.entrySet().stream()
                                .map(count -> "%s %,d".formatted(count.getKey(), count.getValue()))
                                .collect(Collectors.joining(", ")));
    }

    private long elapsedSeconds() {
        return Duration.ofNanos(System.nanoTime() - startNanos).toSeconds();
    }

    private long rate() {
        return results.written() * 1_000_000_000L / Math.max(1, System.nanoTime() - startNanos);
    }
}

package io.wasmwiz.local;

import java.io.PrintStream;
import java.time.Duration;

/** Tells a person what is being started and how long it took. Thread-safe. */
final class Progress {
    /** A step that may fail. */
    interface Step<T> {
        T run() throws Exception;
    }

    private final PrintStream out;

    Progress(PrintStream out) {
        this.out = out;
    }

    /** Runs a step and prints its name and time. */
    <T> T step(String name, Step<T> step) throws Exception {
        long start = System.nanoTime();
        T result = step.run();
        say(name, "%.1f s".formatted(Duration.ofNanos(System.nanoTime() - start).toMillis() / 1000.0));
        return result;
    }

    /** Prints a fact. */
    void say(String name, Object fact) {
        out.printf("  %-24s %s%n", name, fact);
    }

    /** Prints a line. */
    void line(String text) {
        out.println(text);
    }
}

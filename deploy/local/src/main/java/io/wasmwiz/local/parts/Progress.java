package io.wasmwiz.local.parts;

import java.io.PrintStream;
import java.time.Duration;

/** Tells a person what is being started and how long it took. Thread-safe. */
public final class Progress {
    /** A step that may fail. */
    public interface Step<T> {
        T run() throws Exception;
    }

    private final PrintStream out;

    public Progress(PrintStream out) {
        this.out = out;
    }

    /** Runs a step and prints its name and time. */
    public <T> T step(String name, Step<T> step) throws Exception {
        long start = System.nanoTime();
        T result = step.run();
        say(name, "%.1f s".formatted(Duration.ofNanos(System.nanoTime() - start).toMillis() / 1000.0));
        return result;
    }

    /** Prints a fact. */
    public void say(String name, Object fact) {
        out.printf("  %-24s %s%n", name, fact);
    }

    /** Prints a line. */
    public void line(String text) {
        out.println(text);
    }
}

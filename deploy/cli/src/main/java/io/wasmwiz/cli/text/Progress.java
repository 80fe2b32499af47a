package io.wasmwiz.cli.text;

import java.io.PrintStream;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A line on a terminal that appears after a second, is redrawn twice a second, and vanishes when closed. Does nothing
 * where no person watches. Its opener closes it; {@code close} returns after the last write.
 */
public final class Progress implements AutoCloseable {
    private static final long FIRST_MS = 1_000;
    private static final long REDRAW_MS = 500;
    private static final String ERASE_LINE = "\r\u001b[K";

    private final @Nullable Thread thread;

    private Progress(@Nullable Thread thread) {
        this.thread = thread;
    }

    /**
     * Starts waiting for the first second to pass.
     *
     * @param text from elapsed seconds to the line's text; called on a thread of its own
     */
    public static Progress start(Terminal terminal, boolean quiet, LongFunction<String> text) {
        if (quiet || !terminal.errorIsTerminal()) {
            return new Progress(null);
        }
        Thread thread = new Thread(() -> draw(terminal.err(), text), "progress");
        thread.setDaemon(true);
        thread.start();
        return new Progress(thread);
    }

    private static void draw(PrintStream err, LongFunction<String> text) {
        long start = System.nanoTime();
        boolean drawn = false;
        try {
            Thread.sleep(FIRST_MS);
            while (true) {
                err.print(ERASE_LINE + Printable.line(text.apply((System.nanoTime() - start) / 1_000_000_000)));
                err.flush();
                drawn = true;
                Thread.sleep(REDRAW_MS);
            }
        } catch (InterruptedException e) {
            if (drawn) {
                err.print(ERASE_LINE);
                err.flush();
            }
        }
    }

    @Override
    public void close() {
        if (thread == null) {
            return;
        }
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.wasmwiz.cli.text;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The three standard streams, in UTF-8, and which of them a person sits at.
 *
 * @param out flushed by whoever wrote to it
 * @param err flushed at the end of each line
 */
public record Terminal(
        InputStream in,
        PrintStream out,
        PrintStream err,
        boolean inputIsTerminal,
        boolean outputIsTerminal,
        boolean errorIsTerminal) {
    private static final int BUFFER_BYTES = 8_192;

    /** This process's own. */
    public static Terminal ofProcess() {
        return of(
                new FileInputStream(FileDescriptor.in),
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                isTerminal(0),
                isTerminal(1),
                isTerminal(2));
    }

    /** Over the given streams. */
    public static Terminal of(
            InputStream in,
            OutputStream out,
            OutputStream err,
            boolean inputIsTerminal,
            boolean outputIsTerminal,
            boolean errorIsTerminal) {
        return new Terminal(
                in,
                new PrintStream(new java.io.BufferedOutputStream(out, BUFFER_BYTES), false, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                inputIsTerminal,
                outputIsTerminal,
                errorIsTerminal);
    }

    // The JDK's Console cannot tell which of the streams is the terminal; Linux can. Elsewhere all count as none, which
    // costs colours and questions, never correctness.
    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }
}

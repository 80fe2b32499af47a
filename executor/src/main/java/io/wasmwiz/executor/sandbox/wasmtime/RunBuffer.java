package io.wasmwiz.executor.sandbox.wasmtime;

import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What goes into a run and what comes out of it, in the memory of {@code buffer.wat}. Its header, in bytes from 0, as
 * {@code wasi.wat} reads it (32-bit little-endian numbers):
 *
 * <pre>
 *  0 input length     4 input position   8 input address
 * 16 stdout address  20 capacity        24 length           28 truncated
 * 32 stderr address  36 capacity        40 length           44 truncated
 * 48 exited          52 exit code
 * 56 arguments       60 their address   64 their bytes
 * 68 variables       72 their address   76 their bytes
 * 80 closed streams, one bit each
 * 88 monotonic clock at the start of the run, 64 bits, written by {@code buffer.wat}
 * </pre>
 *
 * Scratch space follows from 128, the strings, input and outputs from 8192. One instance per run; not thread-safe.
 */
final class RunBuffer {
    private static final int HEADER_BYTES = 128;
    private static final int DATA = 8_192;
    private static final int STREAM_BYTES = 16;
    private static final int EXITED = 48;
    private static final int EXIT_CODE = 52;
    private static final int ARGUMENTS = 56;
    private static final int VARIABLES = 68;
    private static final String PROGRAM_NAME = "module";

    private static final byte[] ZEROS = new byte[RunLimits.PAGE_BYTES];

    private final List<byte[]> arguments;
    private final List<byte[]> variables;
    private final byte[] input;
    private final RunLimits limits;
    private final int pages;

    /** Throws {@link IllegalArgumentException} for a request that does not fit in 2 GiB. */
    RunBuffer(RunRequest request) {
        this.arguments = terminated(Stream.concat(Stream.of(PROGRAM_NAME), request.arguments().stream()));
        // Sorted, so that equal requests are equal runs.
        this.variables = terminated(request.environment().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(variable -> variable.getKey() + "=" + variable.getValue()));
        this.input = request.input();
        this.limits = request.limits();
        this.pages = countPages();
    }

    private static List<byte[]> terminated(Stream<String> strings) {
        return strings.map(string -> (string + '\0').getBytes(StandardCharsets.UTF_8))
                .toList();
    }

    /** Pages that hold everything. */
    int pages() {
        return pages;
    }

    private int countPages() {
        long bytes = DATA
                + size(arguments)
                + size(variables)
                + (long) input.length
                + limits.stdoutBytes()
                + limits.stderrBytes();
        if (bytes > Integer.MAX_VALUE - RunLimits.PAGE_BYTES) {
            throw new IllegalArgumentException("input, arguments and output limits take " + bytes + " bytes together");
        }
        return (int) ((bytes + RunLimits.PAGE_BYTES - 1) / RunLimits.PAGE_BYTES);
    }

    /** Fills the memory for a run, whatever was in it. */
    void write(ByteBuffer memory) {
        memory.put(0, ZEROS, 0, HEADER_BYTES);
        int at = DATA;
        at = writeStrings(memory, ARGUMENTS, at, arguments);
        at = writeStrings(memory, VARIABLES, at, variables);
        memory.putInt(0, input.length).putInt(8, at).put(at, input);
        at += input.length;
        memory.putInt(STREAM_BYTES, at).putInt(STREAM_BYTES + 4, limits.stdoutBytes());
        at += limits.stdoutBytes();
        memory.putInt(2 * STREAM_BYTES, at).putInt(2 * STREAM_BYTES + 4, limits.stderrBytes());
    }

    private static int writeStrings(ByteBuffer memory, int header, int address, List<byte[]> strings) {
        memory.putInt(header, strings.size()).putInt(header + 4, address).putInt(header + 8, (int) size(strings));
        int at = address;
        for (byte[] string : strings) {
            memory.put(at, string);
            at += string.length;
        }
        return at;
    }

    private static long size(List<byte[]> strings) {
        return strings.stream().mapToLong(string -> string.length).sum();
    }

    /** Zeroes what a run left: the strings, the input and the outputs. */
    static void wipe(ByteBuffer memory) {
        int stdout = memory.getInt(STREAM_BYTES);
        zero(memory, DATA, stdout - DATA);
        zero(memory, stdout, memory.getInt(STREAM_BYTES + 8));
        zero(memory, memory.getInt(2 * STREAM_BYTES), memory.getInt(2 * STREAM_BYTES + 8));
    }

    private static void zero(ByteBuffer memory, int from, int bytes) {
        for (int done = 0; done < bytes; done += ZEROS.length) {
            memory.put(from + done, ZEROS, 0, Math.min(ZEROS.length, bytes - done));
        }
    }

    /** What was kept of standard output (1) or standard error (2). */
    static byte[] output(ByteBuffer memory, int stream) {
        var kept = new byte[memory.getInt(stream * STREAM_BYTES + 8)];
        memory.get(memory.getInt(stream * STREAM_BYTES), kept);
        return kept;
    }

    static boolean isTruncated(ByteBuffer memory, int stream) {
        return memory.getInt(stream * STREAM_BYTES + 12) != 0;
    }

    /** Whether the guest called {@code proc_exit}. */
    static boolean hasExited(ByteBuffer memory) {
        return memory.getInt(EXITED) != 0;
    }

    static int exitCode(ByteBuffer memory) {
        return memory.getInt(EXIT_CODE);
    }
}

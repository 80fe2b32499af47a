package io.wasmwiz.executor.sandbox.wasmtime;

import io.wasmwiz.executor.sandbox.FileTree;
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
 *  0 input length     4 bytes read      8 address of its window  12 size of the window
 * 16 stdout address  20 limit           24 bytes written          28 truncated
 * 32 stderr address  36 limit           40 bytes written          44 truncated
 * 48 exited          52 exit code
 * 56 arguments       60 their address   64 their bytes
 * 68 variables       72 their address   76 their bytes
 * 88 monotonic clock at the start of the run, 64 bits
 * 96 nanoseconds that the run slept, 64 bits, written by {@code buffer.wat}
 * 104 input bytes that were put into the window
 * 108 stdout bytes that were taken out, 112 of stderr
 * 116 size of stdout's ring, 120 of stderr's
 * </pre>
 *
 * Scratch space follows from 256. From 5120 on come 96 descriptors of 32 bytes, by number:
 *
 * <pre>
 *  0 kind: 0 closed, 1 stdin, 2 stdout, 3 stderr, 4 file, 5 directory
 *  4 node address    8 position, 64 bits
 * 16 rights         20 rights of what is opened through it
 * 24 flags          28 whether it was open from the start
 * </pre>
 *
 * From 8192 on come the strings, the nodes of the file tree, their names and contents, the window of the input and the
 * rings of the outputs, which {@link RunStreams} fills and drains. Byte number n of a stream is at n modulo the size, a
 * power of two. What is larger than {@link #MAX_RING_BYTES} passes through piece by piece. A
 * directory's nodes follow each other, sorted by name. A node has 32 bytes:
 *
 * <pre>
 *  0 name address    4 its length    8 WASI file type: 3 directory, 4 regular file
 * 12 parent node address
 * 16 address of the content or of the first node of a directory    20 bytes of the content or number of these nodes
 * 24 inode number, from 1
 * </pre>
 *
 * One instance per run; not thread-safe.
 */
final class RunBuffer {
    private static final int HEADER_BYTES = 128;
    private static final int DESCRIPTORS = 5_120;
    private static final int DESCRIPTOR_BYTES = 32;
    private static final int DATA = 8_192;
    /**
     * Largest window and ring. Guest and host pass bytes without fences between them (the engine's threads feature is
     * off), which needs a processor that keeps stores in order, and loads: x86-64. Elsewhere rings hold all there can be.
     */
    private static final int MAX_RING_BYTES =
            System.getProperty("os.arch", "").matches("amd64|x86_64") ? 1 << 20 : 1 << 30;

    private static final int NODE_BYTES = 32;
    private static final int DIRECTORY_TYPE = 3;
    private static final int FILE_TYPE = 4;
    private static final int DIRECTORY_KIND = 5;
    /** Of fd_read (1), fd_fdstat_set_flags (3), fd_write (6), fd_filestat_get (21) and poll_fd_readwrite (27). */
    private static final int INPUT_RIGHTS = 1 << 1 | 1 << 3 | 1 << 21 | 1 << 27;

    private static final int OUTPUT_RIGHTS = 1 << 3 | 1 << 6 | 1 << 21 | 1 << 27;
    /** All that a directory can have; those that change it have no effect and no success. */
    private static final int DIRECTORY_RIGHTS = 0x0fbf_fe98;

    private static final int ALL_RIGHTS = 0x3fff_ffff;
    static final int STREAM_BYTES = 16;
    static final int SUPPLIED = 104;
    /** Of stream 1 and 2, each 4 bytes further. */
    static final int DRAINED = 104;

    static final int RING = 112;
    private static final int EXITED = 48;
    private static final int EXIT_CODE = 52;
    private static final int ARGUMENTS = 56;
    private static final int VARIABLES = 68;
    private static final int CLOCK_START = 88;
    private static final String PROGRAM_NAME = "module";

    /** Small enough to stay in the processor's first cache while memory is zeroed from it. */
    private static final byte[] ZEROS = new byte[16_384];

    private final List<byte[]> arguments;
    private final List<byte[]> variables;
    private final FileTree files;
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
        this.files = request.files();
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
                + fileBytes()
                + (long) ringBytes(input.length)
                + ringBytes(limits.stdoutBytes())
                + ringBytes(limits.stderrBytes());
        if (bytes > Integer.MAX_VALUE - RunLimits.PAGE_BYTES) {
            throw new IllegalArgumentException(
                    "input, files, arguments and output limits take " + bytes + " bytes together");
        }
        return (int) ((bytes + RunLimits.PAGE_BYTES - 1) / RunLimits.PAGE_BYTES);
    }

    private static int ringBytes(int bytes) {
        return bytes >= MAX_RING_BYTES ? MAX_RING_BYTES : Math.max(1, Integer.highestOneBit(2 * bytes - 1));
    }

    /** What the nodes take, with what they point at and with room to align them. */
    private long fileBytes() {
        long bytes = files.nodes().isEmpty() ? 0 : Long.BYTES;
        for (FileTree.Node node : files.nodes()) {
            bytes += NODE_BYTES + node.name().length + (long) node.content().length;
        }
        return bytes;
    }

    /** Fills the memory for a run, whatever was in it. */
    void write(ByteBuffer memory) {
        memory.put(0, ZEROS, 0, HEADER_BYTES);
        memory.put(DESCRIPTORS, ZEROS, 0, DATA - DESCRIPTORS);
        writeDescriptor(memory, 0, 1, 0, INPUT_RIGHTS);
        writeDescriptor(memory, 1, 2, 0, OUTPUT_RIGHTS);
        writeDescriptor(memory, 2, 3, 0, OUTPUT_RIGHTS);
        int at = DATA;
        at = writeStrings(memory, ARGUMENTS, at, arguments);
        at = writeStrings(memory, VARIABLES, at, variables);
        if (!files.nodes().isEmpty()) {
            at = writeFiles(memory, at);
        }
        int window = ringBytes(input.length);
        int supplied = Math.min(window, input.length);
        memory.putInt(0, input.length).putInt(8, at).putInt(12, window).putInt(SUPPLIED, supplied);
        memory.put(at, input, 0, supplied);
        at += window;
        at += writeOutput(memory, 1, at, limits.stdoutBytes());
        writeOutput(memory, 2, at, limits.stderrBytes());
    }

    private static int writeOutput(ByteBuffer memory, int stream, int address, int limit) {
        int ring = ringBytes(limit);
        memory.putInt(stream * STREAM_BYTES, address).putInt(stream * STREAM_BYTES + 4, limit);
        memory.putInt(RING + stream * Integer.BYTES, ring);
        return ring;
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

    private static void writeDescriptor(ByteBuffer memory, int number, int kind, int node, int rights) {
        int at = DESCRIPTORS + number * DESCRIPTOR_BYTES;
        memory.putInt(at, kind).putInt(at + 4, node).putInt(at + 16, rights);
    }

    /** Writes the tree and opens its root as the first descriptor after the streams. */
    private int writeFiles(ByteBuffer memory, int address) {
        int first = (address + Long.BYTES - 1) & -Long.BYTES;
        int at = first + files.nodes().size() * NODE_BYTES;
        int number = 0;
        for (FileTree.Node node : files.nodes()) {
            int header = first + number * NODE_BYTES;
            memory.putInt(header, at).putInt(header + 4, node.name().length).put(at, node.name());
            at += node.name().length;
            memory.putInt(header + 12, first + node.parent() * NODE_BYTES).putInt(header + 24, ++number);
            if (node.isDirectory()) {
                memory.putInt(header + 8, DIRECTORY_TYPE)
                        .putInt(header + 16, first + node.firstChild() * NODE_BYTES)
                        .putInt(header + 20, node.children());
            } else {
                memory.putInt(header + 8, FILE_TYPE)
                        .putInt(header + 16, at)
                        .putInt(header + 20, node.content().length)
                        .put(at, node.content());
                at += node.content().length;
            }
        }
        int root = DESCRIPTORS + 3 * DESCRIPTOR_BYTES;
        writeDescriptor(memory, 3, DIRECTORY_KIND, first, DIRECTORY_RIGHTS);
        memory.putInt(root + 20, ALL_RIGHTS).putInt(root + 28, 1);
        return at;
    }

    private static long size(List<byte[]> strings) {
        return strings.stream().mapToLong(string -> string.length).sum();
    }

    /** Zeroes what a run left: the strings, the files, the input and the outputs. */
    static void wipe(ByteBuffer memory) {
        int window = memory.getInt(8);
        zero(memory, DATA, window - DATA);
        zero(memory, window, Math.min(memory.getInt(12), memory.getInt(SUPPLIED)));
        wipeOutput(memory, 1);
        wipeOutput(memory, 2);
    }

    private static void wipeOutput(ByteBuffer memory, int stream) {
        int used = Math.min(memory.getInt(RING + stream * Integer.BYTES), memory.getInt(stream * STREAM_BYTES + 8));
        zero(memory, memory.getInt(stream * STREAM_BYTES), used);
    }

    /** The guest's monotonic clock shows what the engine's does, without {@code startNanos}. */
    static void startClock(ByteBuffer memory, long startNanos) {
        memory.putLong(CLOCK_START, startNanos);
    }

    /** What the run's clock counts from, as the engine's shows it. */
    static long clockStart(ByteBuffer memory) {
        return memory.getLong(CLOCK_START);
    }

    static void zero(ByteBuffer memory, int from, int bytes) {
        for (int done = 0; done < bytes; done += ZEROS.length) {
            memory.put(from + done, ZEROS, 0, Math.min(ZEROS.length, bytes - done));
        }
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

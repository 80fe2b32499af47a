package io.wasmwiz.executor.sandbox.wasmtime;

import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One run's input and outputs on their way between the heap and the {@linkplain RunBuffer buffer}, while the guest runs.
 * Each stream has one writer and one reader, which count what they moved: the guest its bytes read and written, this class
 * what it put in and took out. Who writes first stores bytes and then its count; who reads first loads the count and then
 * bytes. The host's counts are released and acquired; the guest's are plain, which x86-64 keeps in order and the compiler
 * cannot reorder, since each is a call into another module.
 *
 * <p>Thread-safe: the ticker moves, the worker takes the outputs and closes. After that the buffer is not touched.
 */
final class RunStreams {
    private static final VarHandle COUNT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final ByteBuffer memory;
    private final byte[] input;
    private final boolean mayMove;
    private final ByteArrayOutputStream[] drained = {new ByteArrayOutputStream(0), new ByteArrayOutputStream(0)};
    private boolean closed;

    /** Of a buffer that was just written for a run with this input. */
    RunStreams(ByteBuffer memory, byte[] input) {
        this.memory = memory;
        this.input = input;
        this.mayMove = memory.getInt(RunBuffer.SUPPLIED) < input.length || mayFill(1) || mayFill(2);
    }

    private boolean mayFill(int stream) {
        return memory.getInt(stream * RunBuffer.STREAM_BYTES + 4) > memory.getInt(ring(stream));
    }

    /** Puts input in and takes outputs out where a ring's fourth can be moved; whether anything was. */
    synchronized boolean move() {
        if (closed || !mayMove) {
            return false;
        }
        boolean supplied = supply();
        boolean drainedOutput = mayFill(1) && drain(1);
        boolean drainedErrors = mayFill(2) && drain(2);
        return supplied || drainedOutput || drainedErrors;
    }

    private boolean supply() {
        int window = memory.getInt(12);
        int supplied = memory.getInt(RunBuffer.SUPPLIED);
        int room = window - (supplied - (int) COUNT.getAcquire(memory, 4));
        int bytes = Math.min(room, input.length - supplied);
        if (bytes <= 0 || room < window / 4) {
            return false;
        }
        int at = supplied & (window - 1);
        int first = Math.min(bytes, window - at);
        memory.put(memory.getInt(8) + at, input, supplied, first);
        memory.put(memory.getInt(8), input, supplied + first, bytes - first);
        COUNT.setRelease(memory, RunBuffer.SUPPLIED, supplied + bytes);
        return true;
    }

    private boolean drain(int stream) {
        int bytes = written(stream) - memory.getInt(taken(stream));
        if (bytes < memory.getInt(ring(stream)) / 4) {
            return false;
        }
        take(stream, bytes);
        return true;
    }

    private void take(int stream, int bytes) {
        int taken = memory.getInt(taken(stream));
        byte[] out = new byte[bytes];
        copy(stream, taken, out, 0);
        drained[stream - 1].writeBytes(out);
        COUNT.setRelease(memory, taken(stream), taken + bytes);
    }

    private void copy(int stream, int from, byte[] to, int offset) {
        int ring = memory.getInt(ring(stream));
        int address = memory.getInt(stream * RunBuffer.STREAM_BYTES);
        int at = from & (ring - 1);
        int first = Math.min(to.length - offset, ring - at);
        memory.get(address + at, to, offset, first);
        memory.get(address, to, offset + first, to.length - offset - first);
    }

    private int written(int stream) {
        return (int) COUNT.getAcquire(memory, stream * RunBuffer.STREAM_BYTES + 8);
    }

    private static int taken(int stream) {
        return RunBuffer.DRAINED + stream * Integer.BYTES;
    }

    private static int ring(int stream) {
        return RunBuffer.RING + stream * Integer.BYTES;
    }

    /** All that was kept of standard output (1) or standard error (2), once the guest has ended and before this is closed. */
    synchronized byte[] output(int stream) {
        byte[] all = new byte[written(stream)];
        byte[] before = drained[stream - 1].toByteArray();
        System.arraycopy(before, 0, all, 0, before.length);
        copy(stream, before.length, all, before.length);
        return all;
    }

    /** Nothing is moved from here on; the buffer may go. */
    synchronized void close() {
        closed = true;
    }
}

package io.wasmwiz.executor.export;

import com.google.protobuf.Descriptors.EnumDescriptor;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.TrapKind;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Rewrites rows from PostgreSQL's binary COPY format into the field {@code rows} of {@code ExportUsageResponse}, byte to
 * byte: an export is as many rows as a disk can give, and objects for each of their 25 fields would cost more than reading
 * them. A test compares every field with what the generated classes make of it. Not thread-safe.
 */
final class UsageRowEncoder {
    /** What {@link #add} expects, in this order. */
    static final String COLUMNS = """
            log_offset, execution_id, status, exit_code, trap, admitted_at, module_digest, wall_time_us, cpu_time_us, \
            queue_time_us, peak_memory_bytes, module_bytes, input_bytes, output_bytes, cache_hit, output_truncated, \
            output_lost, charged, tier, tier_version, lease_id, request_id, batch_id, item_id, api_key_id, \
            uncharged_cause""";

    /** Above the size of an encoded row whose texts have their greatest lengths. */
    private static final int MAX_ROW_BYTES = 2_048;

    private static final int LENGTH_DELIMITED = 2;
    private static final long SECONDS_TO_2000 = 946_684_800;
    private static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    /** The two hex digits of each byte. */
    private static final short[] HEX = hexPairs();

    private static final byte[][] STATUSES = words("EXECUTION_STATUS_", ExecutionStatus.getDescriptor());
    private static final byte[][] TRAPS = words("TRAP_KIND_", TrapKind.getDescriptor());

    private byte[] out = new byte[64 * 1024];
    private int end;
    private byte[] in = {};
    private int at;

    /** How the ledger writes the values of an enum, in the order of their numbers, which follow each other from 1. */
    private static byte[][] words(String prefix, EnumDescriptor values) {
        return values.getValues().stream()
                .filter(value -> value.getNumber() > 0)
                .map(value -> value.getName().substring(prefix.length()).toLowerCase(Locale.ROOT))
                .map(word -> word.getBytes(StandardCharsets.US_ASCII))
                .toArray(byte[][]::new);
    }

    private static short[] hexPairs() {
        short[] pairs = new short[256];
        for (int value = 0; value < pairs.length; value++) {
            pairs[value] = (short) (Character.forDigit(value >> 4, 16) << 8 | Character.forDigit(value & 0x0f, 16));
        }
        return pairs;
    }

    /** Bytes encoded since the last {@link #take}. */
    int size() {
        return end;
    }

    /** What was encoded since the last time. */
    byte[] take() {
        byte[] taken = Arrays.copyOf(out, end);
        end = 0;
        return taken;
    }

    /**
     * Encodes one row.
     *
     * @param copyData a row in the binary COPY format, from {@code from} on
     * @return its log offset
     */
    long add(byte[] copyData, int from) {
        if (out.length - end < MAX_ROW_BYTES) {
            out = Arrays.copyOf(out, out.length * 2);
        }
        in = copyData;
        at = from + Short.BYTES;
        readInt();
        long offset = readLong();
        int wholeRow = begin(1);
        int receipt = begin(1);
        uuid(1);
        word(2, STATUSES);
        exitCode();
        word(4, TRAPS);
        time(5);
        hex(6, readInt());
        for (int field = 7; field <= 13; field++) {
            readInt();
            number(field, readLong());
        }
        for (int field = 14; field <= 17; field++) {
            readInt();
            number(field, in[at++]);
        }
        text(18);
        readInt();
        number(19, readInt());
        for (int field = 21; field <= 23; field++) {
            uuid(field);
        }
        text(24);
        end(receipt);
        uuid(2);
        text(3);
        end(wholeRow);
        return offset;
    }

    private int readInt() {
        int value = (int) INTS.get(in, at);
        at += Integer.BYTES;
        return value;
    }

    private long readLong() {
        long value = (long) LONGS.get(in, at);
        at += Long.BYTES;
        return value;
    }

    private void tag(int field, int wireType) {
        varint((long) field << 3 | wireType);
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out[end++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        out[end++] = (byte) rest;
    }

    private void number(int field, long value) {
        if (value != 0) {
            tag(field, 0);
            varint(value);
        }
    }

    /** Begins a message inside of another; its length follows with {@link #end(int)}. */
    private int begin(int field) {
        tag(field, LENGTH_DELIMITED);
        end += 2;
        return end;
    }

    private void end(int start) {
        int length = end - start;
        if (length < 0x80) {
            System.arraycopy(out, start, out, start - 1, length);
            out[start - 2] = (byte) length;
            end--;
        } else {
            out[start - 2] = (byte) (length | 0x80);
            out[start - 1] = (byte) (length >>> 7);
        }
    }

    private void uuid(int field) {
        if (readInt() < 0) {
            return;
        }
        tag(field, LENGTH_DELIMITED);
        out[end++] = 36;
        hex(4);
        out[end++] = '-';
        hex(2);
        out[end++] = '-';
        hex(2);
        out[end++] = '-';
        hex(2);
        out[end++] = '-';
        hex(6);
    }

    private void hex(int field, int bytes) {
        tag(field, LENGTH_DELIMITED);
        varint(2L * bytes);
        hex(bytes);
    }

    private void hex(int bytes) {
        for (int i = 0; i < bytes; i++) {
            SHORTS.set(out, end + 2 * i, HEX[in[at + i] & 0xff]);
        }
        at += bytes;
        end += 2 * bytes;
    }

    private void text(int field) {
        int bytes = readInt();
        if (bytes <= 0) {
            return;
        }
        tag(field, LENGTH_DELIMITED);
        varint(bytes);
        System.arraycopy(in, at, out, end, bytes);
        end += bytes;
        at += bytes;
    }

    private void word(int field, byte[][] words) {
        int bytes = readInt();
        if (bytes < 0) {
            return;
        }
        int from = at;
        for (int i = 0; i < words.length; i++) {
            if (Arrays.equals(words[i], 0, words[i].length, in, from, from + bytes)) {
                number(field, i + 1L);
                at = from + bytes;
                return;
            }
        }
        throw new IllegalStateException(
                "a word that this build does not know: " + new String(in, from, bytes, StandardCharsets.UTF_8));
    }

    // Of those that are present, 0 too.
    private void exitCode() {
        if (readInt() >= 0) {
            tag(3, 0);
            varint((short) SHORTS.get(in, at));
            at += Short.BYTES;
        }
    }

    private void time(int field) {
        readInt();
        long micros = readLong();
        int message = begin(field);
        number(1, Math.floorDiv(micros, 1_000_000L) + SECONDS_TO_2000);
        number(2, Math.floorMod(micros, 1_000_000L) * 1_000L);
        end(message);
    }
}

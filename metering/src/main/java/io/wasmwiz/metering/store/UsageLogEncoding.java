package io.wasmwiz.metering.store;

import io.wasmwiz.metering.event.UsageEvent;
import io.wasmwiz.metering.settle.LedgerRow;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Rows of {@code usage_logs} in PostgreSQL's binary COPY format, encoded as they are asked for, with the place of each, so
 * that any run of rows can be copied without encoding it again (https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4).
 */
final class UsageLogEncoding {
    /** The columns in the order of the fields. */
    static final String COLUMNS = """
            day, execution_id, user_id, api_key_id, module_digest, tier, tier_version, lease_id, request_id, batch_id, \
            item_id, status, exit_code, trap, admitted_at, wall_time_us, cpu_time_us, queue_time_us, peak_memory_bytes, \
            module_bytes, input_bytes, output_bytes, cache_hit, output_truncated, output_lost, charged, \
            uncharged_cause, log_generation, log_partition, log_offset""";

    static final byte[] HEADER = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
    };
    static final byte[] TRAILER = {(byte) 0xff, (byte) 0xff};

    private static final short FIELDS = 30;

    /** Above the size of a row whose texts have their greatest lengths (tier 256 bytes, item 512). */
    private static final int MAX_ROW_BYTES = 1_536;

    private static final int TYPICAL_ROW_BYTES = 384;
    private static final LocalDate EPOCH_DAY = LocalDate.of(2000, 1, 1);
    private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");

    private final short generation;
    private final List<LedgerRow> rows;
    private final int[] starts;
    private int encoded;
    private ByteBuffer buffer;

    UsageLogEncoding(short generation, List<LedgerRow> rows) {
        this.generation = generation;
        this.rows = rows;
        this.starts = new int[rows.size() + 1];
        this.buffer = ByteBuffer.allocate(rows.size() * TYPICAL_ROW_BYTES + MAX_ROW_BYTES);
    }

    /** What {@link #startOf} points into, until it is called the next time. */
    byte[] bytes() {
        return buffer.array();
    }

    /** Where row {@code index} starts, having encoded those before it; for the number of rows, where the last one ends. */
    int startOf(int index) {
        while (encoded < index) {
            put(rows.get(encoded));
            encoded++;
            starts[encoded] = buffer.position();
        }
        return starts[index];
    }

    private void put(LedgerRow row) {
        if (buffer.remaining() < MAX_ROW_BYTES) {
            buffer = ByteBuffer.wrap(Arrays.copyOf(buffer.array(), buffer.capacity() * 2))
                    .position(buffer.position());
        }
        UsageEvent event = row.event();
        buffer.putShort(FIELDS);
        putInt((int) ChronoUnit.DAYS.between(EPOCH_DAY, event.day()));
        putUuid(row.id());
        putUuid(event.accountId());
        putUuid(event.apiKeyId());
        putBytes(event.moduleDigest());
        putText(event.tier());
        putInt(event.tierVersion());
        putUuid(event.leaseId());
        putUuid(event.requestId());
        putUuid(event.batchId());
        putText(event.itemId());
        putText(event.status());
        if (event.exitCode().isPresent()) {
            buffer.putInt(2).putShort((short) event.exitCode().getAsInt());
        } else {
            putNull();
        }
        putText(event.trap());
        putLong(ChronoUnit.MICROS.between(EPOCH, event.admittedAt()));
        putLong(event.wallTimeMicros());
        putLong(event.cpuTimeMicros());
        putLong(event.queueTimeMicros());
        putLong(event.peakMemoryBytes());
        putLong(event.moduleBytes());
        putLong(event.inputBytes());
        putLong(event.outputBytes());
        putBoolean(event.cacheHit());
        putBoolean(event.outputTruncated());
        putBoolean(event.outputLost());
        putBoolean(row.isCharged());
        putText(row.unchargedCause() == null ? null : row.unchargedCause().word());
        buffer.putInt(2).putShort(generation);
        putInt(row.entry().partition());
        putLong(row.entry().offset());
    }

    private void putNull() {
        buffer.putInt(-1);
    }

    private void putInt(int value) {
        buffer.putInt(4).putInt(value);
    }

    private void putLong(long value) {
        buffer.putInt(8).putLong(value);
    }

    private void putBoolean(boolean value) {
        buffer.putInt(1).put((byte) (value ? 1 : 0));
    }

    private void putUuid(@Nullable UUID value) {
        if (value == null) {
            putNull();
        } else {
            buffer.putInt(16).putLong(value.getMostSignificantBits()).putLong(value.getLeastSignificantBits());
        }
    }

    private void putText(@Nullable String value) {
        if (value == null) {
            putNull();
        } else {
            putBytes(value.getBytes(StandardCharsets.UTF_8));
        }
    }

    private void putBytes(byte[] value) {
        buffer.putInt(value.length).put(value);
    }
}

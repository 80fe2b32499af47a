package io.wasmwiz.executor.export;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * How far an export is: everything below is sent. Immutable.
 *
 * @param floor the retention floor when nothing that it had yet to send was dropped
 * @param next the next offset of each partition; 0 where there is none
 */
record ExportPosition(LocalDate floor, Map<LogPartition, Long> next) {
    private static final byte FORM = 1;

    ExportPosition {
        next = new TreeMap<>(next);
    }

    long of(LogPartition partition) {
        return next.getOrDefault(partition, 0L);
    }

    /** Moved on in one partition. */
    ExportPosition with(LogPartition partition, long offset) {
        Map<LogPartition, Long> moved = new TreeMap<>(next);
        moved.put(partition, offset);
        return new ExportPosition(floor, moved);
    }

    ExportPosition withFloor(LocalDate newFloor) {
        return newFloor.equals(floor) ? this : new ExportPosition(newFloor, next);
    }

    /** 28 bytes a partition and five. */
    byte[] encoded() {
        ByteBuffer buffer = ByteBuffer.allocate(1 + Integer.BYTES + next.size() * 28);
        buffer.put(FORM).putInt(Math.toIntExact(floor.toEpochDay()));
        next.forEach((partition, offset) -> buffer.putLong(partition.topicId().getMostSignificantBits())
                .putLong(partition.topicId().getLeastSignificantBits())
                .putInt(partition.partition())
                .putLong(offset));
        return buffer.array();
    }

    /** The opposite of {@link #encoded}; throws IllegalArgumentException for what it never made. */
    static ExportPosition decode(byte[] encoded) {
        ByteBuffer buffer = ByteBuffer.wrap(encoded);
        try {
            if (buffer.get() != FORM) {
                throw new IllegalArgumentException("a position of another form");
            }
            LocalDate floor = LocalDate.ofEpochDay(buffer.getInt());
            Map<LogPartition, Long> next = new TreeMap<>();
            while (buffer.hasRemaining()) {
                UUID topicId = new UUID(buffer.getLong(), buffer.getLong());
                next.put(new LogPartition(topicId, buffer.getInt()), buffer.getLong());
            }
            return new ExportPosition(floor, next);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a position that was cut", e);
        }
    }
}

package io.wasmwiz.metering.deadevents;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import io.wasmwiz.events.v1.ExecutionLogRecord;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Dead events in JSON, with their record's fields as far as they can be read. Stateless. */
final class RecordJson {
    private static final int UUID_BYTES = 16;

    private RecordJson() {}

    /** What {@code list} says. */
    static JsonObject summary(DeadEvent event) {
        JsonObject json = new JsonObject();
        json.addProperty("topic_id", String.valueOf(event.id().topicId()));
        json.addProperty("partition", event.id().partition());
        json.addProperty("offset", event.id().offset());
        json.addProperty("reason", event.reason());
        json.addProperty("detail", event.detail());
        json.addProperty("created_at", event.createdAt().toString());
        json.addProperty(
                "replayed_at",
                event.replayedAt() == null ? null : event.replayedAt().toString());
        return json;
    }

    /** The same, the key, the fields of the record, and its bytes in hexadecimal. */
    static JsonObject full(DeadEvent event) {
        JsonObject json = summary(event);
        json.addProperty("key", text(event.key()));
        json.add(
                "record",
                record(event.value()).<JsonElement>map(RecordJson::fields).orElse(JsonNull.INSTANCE));
        json.addProperty(
                "value_hex", event.value() == null ? null : HexFormat.of().formatHex(event.value()));
        return json;
    }

    /** The record, if the value is one of ours. */
    static Optional<ExecutionLogRecord> record(byte @Nullable [] value) {
        if (value == null) {
            return Optional.empty();
        }
        try {
            ExecutionLogRecord parsed = ExecutionLogRecord.parseFrom(value);
            return parsed.getRecordCase() == ExecutionLogRecord.RecordCase.RECORD_NOT_SET
                    ? Optional.empty()
                    : Optional.of(parsed);
        } catch (InvalidProtocolBufferException e) {
            return Optional.empty();
        }
    }

    private static JsonObject fields(Message message) {
        JsonObject json = new JsonObject();
        message.getAllFields().forEach((field, value) -> json.add(field.getName(), value(value)));
        return json;
    }

    private static JsonElement value(Object value) {
        if (value instanceof Timestamp time) {
            return new JsonPrimitive(time(time));
        }
        if (value instanceof Message message) {
            return fields(message);
        }
        if (value instanceof ByteString bytes) {
            return new JsonPrimitive(bytes.size() == UUID_BYTES ? uuid(bytes) : hex(bytes));
        }
        if (value instanceof Boolean flag) {
            return new JsonPrimitive(flag);
        }
        return value instanceof Number number ? new JsonPrimitive(number) : new JsonPrimitive(value.toString());
    }

    // A record is dead for a reason: its time may be none.
    private static String time(Timestamp time) {
        try {
            return Instant.ofEpochSecond(time.getSeconds(), time.getNanos()).toString();
        } catch (RuntimeException e) {
            return time.getSeconds() + " s " + time.getNanos() + " ns";
        }
    }

    private static String uuid(ByteString bytes) {
        ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        return new UUID(buffer.getLong(), buffer.getLong()).toString();
    }

    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    private static @Nullable String text(byte @Nullable [] bytes) {
        if (bytes == null) {
            return null;
        }
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return text.chars().noneMatch(Character::isISOControl)
                    ? text.toString()
                    : HexFormat.of().formatHex(bytes);
        } catch (CharacterCodingException e) {
            return HexFormat.of().formatHex(bytes);
        }
    }
}

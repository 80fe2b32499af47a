package io.wasmwiz.metering.deadevents;

import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Where in the log a dead event came from: {@code PARTITION:OFFSET}, or {@code TOPIC_ID:PARTITION:OFFSET} where topics made
 * anew have both.
 *
 * @param topicId Kafka's id of the topic; null for whichever has the place
 */
record DeadEventId(@Nullable UUID topicId, int partition, long offset) {
    private static final Pattern FORM =
            Pattern.compile("(?:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}):)?(\\d{1,9}):(\\d{1,18})");

    static final class Converter implements ITypeConverter<DeadEventId> {
        @Override
        public DeadEventId convert(String text) {
            Matcher matcher = FORM.matcher(text);
            if (!matcher.matches()) {
                throw new TypeConversionException(
                        "'" + text + "' is no dead event: PARTITION:OFFSET or TOPIC_ID:PARTITION:OFFSET is expected");
            }
            return new DeadEventId(
                    matcher.group(1) == null ? null : UUID.fromString(matcher.group(1)),
                    Integer.parseInt(matcher.group(2)),
                    Long.parseLong(matcher.group(3)));
        }
    }

    @Override
    public String toString() {
        return (topicId == null ? "" : topicId + ":") + partition + ":" + offset;
    }
}

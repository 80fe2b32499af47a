package io.wasmwiz.metering.publish;

import io.wasmwiz.metering.consume.LogConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Publishes records through an idempotent producer that waits for all in-sync replicas. The partition is the key's, by the
 * same rule as the executors'. Thread-safe; its opener closes it.
 */
public final class LogWriter implements AutoCloseable {
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);
    private static final byte[] SPEC_VERSION = utf8("1.0");
    private static final byte[] SOURCE = utf8("/wasmwiz/metering");
    private static final byte[] CONTENT_TYPE = utf8("application/protobuf");

    private final Producer<byte[], byte[]> producer;
    private final String topic;

    private LogWriter(Producer<byte[], byte[]> producer, String topic) {
        this.producer = producer;
        this.topic = topic;
    }

    /**
     * What became of some records.
     *
     * @param durable those that the log has for sure; the others it may have, too
     * @param fault why one of the others failed; empty when there are none
     */
    public record Publication(List<OutgoingRecord> durable, String fault) {}

    /** Opens a producer; does not wait for a broker. */
    public static LogWriter open(LogConfig config) {
        return new LogWriter(new KafkaProducer<>(config.producerSettings()), config.topic());
    }

    /** Publishes {@code records} and waits for the answers, for each at most the delivery time-out. */
    public Publication publish(List<OutgoingRecord> records) {
        List<Future<RecordMetadata>> sent = new ArrayList<>(records.size());
        String fault = "";
        for (OutgoingRecord record : records) {
            try {
                sent.add(producer.send(kafka(record)));
            } catch (InterruptException e) {
                throw e;
            } catch (KafkaException e) {
                fault = String.valueOf(e.getMessage());
                break;
            }
        }
        List<OutgoingRecord> durable = new ArrayList<>(sent.size());
        for (int i = 0; i < sent.size(); i++) {
            try {
                sent.get(i).get();
                durable.add(records.get(i));
            } catch (ExecutionException e) {
                fault = String.valueOf(e.getCause() == null ? e : e.getCause().getMessage());
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
        return new Publication(List.copyOf(durable), fault);
    }

    // CloudEvents Kafka protocol binding 1.0.2, binary mode, as the executors write it.
    private ProducerRecord<byte[], byte[]> kafka(OutgoingRecord outgoing) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, outgoing.key(), outgoing.value());
        if (!outgoing.type().isEmpty()) {
            record.headers()
                    .add("ce_specversion", SPEC_VERSION)
                    .add("ce_id", utf8(outgoing.id()))
                    .add("ce_source", SOURCE)
                    .add("ce_type", utf8(outgoing.type()))
                    .add("ce_time", utf8(outgoing.time().toString()))
                    .add("content-type", CONTENT_TYPE);
        }
        return record;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        producer.close(CLOSE_TIMEOUT);
    }
}

package io.wasmwiz.metering.consume;

import io.wasmwiz.metering.MeteringMetrics;
import io.wasmwiz.metering.consume.BatchesInHand.InHand;
import io.wasmwiz.metering.event.EventDecoder;
import io.wasmwiz.metering.event.LogBatch;
import io.wasmwiz.metering.event.PartitionRange;
import io.wasmwiz.metering.store.Ledger;
import io.wasmwiz.metering.store.LedgerException;
import io.wasmwiz.metering.store.WriteOutcome;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The poll loop: one thread that polls a batch, has it written in one transaction, and reads the next one meanwhile. What it
 * read and has not written is in hand, never more than two batches; while they cannot be written every partition is paused
 * and polling goes on, so that the group keeps this member. Positions come from the ledger alone.
 *
 * <p>A partition is, in this order: assigned (paused), placed (its position in the ledger was compared with the log, and
 * reading goes on there), and perhaps stalled (paused until it is assigned anew).
 *
 * <p>The public methods are thread-safe; its starter closes it.
 */
public final class LogConsumer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LogConsumer.class);
    private static final Duration IDLE_POLL = Duration.ofMillis(500);
    private static final Duration LEAVE_TIMEOUT = Duration.ofSeconds(3);

    private final LogConfig config;
    private final EventTopic topic;
    private final Ledger ledger;
    private final BatchReader reader;
    private final BatchWriter writer;
    private final MeteringMetrics metrics;
    private final Duration drainTimeout;
    private final Consumer<byte[], byte[]> consumer;
    private final Thread thread;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    // The loop's alone, but for positions and stalls, which others read.
    private final Positions positions = new Positions();
    private final Stalls stalls = new Stalls();
    private final Backoff placing;
    private final Backoff writing;
    private final Backoff polling;
    private final BatchesInHand inHand;

    private volatile @Nullable Throwable death;

    private LogConsumer(
            LogConfig config,
            EventTopic topic,
            Ledger ledger,
            EventDecoder decoder,
            MeteringMetrics metrics,
            Duration drainTimeout) {
        this.config = config;
        this.topic = topic;
        this.ledger = ledger;
        this.reader = new BatchReader(decoder);
        this.writer = new BatchWriter(ledger, metrics);
        this.inHand = new BatchesInHand(config.topic());
        this.metrics = metrics;
        this.drainTimeout = drainTimeout;
        this.placing = new Backoff(config.retryMin(), config.retryMax(), System::nanoTime);
        this.writing = new Backoff(config.retryMin(), config.retryMax(), System::nanoTime);
        this.polling = new Backoff(config.retryMin(), config.retryMax(), System::nanoTime);
        this.consumer = new KafkaConsumer<>(config.consumerSettings());
        this.thread = new Thread(this::run, "log-consumer");
    }

    /** Starts the loop; does not wait for a broker. */
    public static LogConsumer start(
            LogConfig config,
            EventTopic topic,
            Ledger ledger,
            EventDecoder decoder,
            MeteringMetrics metrics,
            Duration drainTimeout) {
        LogConsumer started = new LogConsumer(config, topic, ledger, decoder, metrics, drainTimeout);
        metrics.watchPartitions(started.positions::count, started.stalls::count);
        started.thread.start();
        return started;
    }

    private void run() {
        try {
            consumer.subscribe(List.of(config.topic()), new Rebalance());
            while (stop.getCount() > 0) {
                placeNewPartitions();
                // What was read ahead is written first; meanwhile the next is polled.
                if (inHand.isEmpty() || !writing.isDue()) {
                    poll(pollTimeout());
                }
                write();
            }
        } catch (WakeupException e) {
            log.atDebug().log("woken to stop");
        } catch (Throwable e) {
            death = e;
            log.atError().setCause(e).log("metering stopped by an unforeseen fault");
        } finally {
            leave();
            ended.countDown();
        }
    }

    private void placeNewPartitions() {
        if (!inHand.isEmpty() || positions.unplaced().isEmpty() || !placing.isDue()) {
            return;
        }
        Set<Integer> unplaced =
                positions.unplaced().stream().map(TopicPartition::partition).collect(Collectors.toSet());
        try {
            UUID topicId = topic.askId().await();
            var stored = ledger.positions(topicId, unplaced);
            var ranges = topic.ranges(unplaced);
            for (TopicPartition partition : List.copyOf(positions.unplaced())) {
                var position = stored.get(partition.partition());
                var range = ranges.get(partition.partition());
                if (position != null && range != null) {
                    place(partition, Placement.of(position, topicId, range));
                }
            }
            placing.succeeded();
        } catch (LedgerException | LogUnavailableException e) {
            failed(placing, "cannot place partitions", e);
        }
    }

    private void place(TopicPartition partition, Placement placement) {
        if (placement instanceof Placement.At at) {
            consumer.seek(partition, at.position().forKafka());
            positions.placed(partition, at.position());
            consumer.resume(Set.of(partition));
            log.atInfo()
                    .addKeyValue("partition", partition.partition())
                    .addKeyValue("offset", at.position().offset())
                    .log("partition placed");
        } else if (placement instanceof Placement.Refused refused) {
            stall(partition, new Stall(refused.cause(), refused.detail()));
        }
    }

    private void poll(Duration timeout) {
        ConsumerRecords<byte[], byte[]> records;
        try {
            records = consumer.poll(timeout);
            polling.succeeded();
        } catch (WakeupException | InterruptException e) {
            throw e;
        } catch (InvalidOffsetException e) {
            e.partitions()
                    .forEach(partition -> stall(
                            partition,
                            new Stall(Stall.Cause.LOG_TRUNCATED, "the log has not the position: " + e.getMessage())));
            return;
        } catch (KafkaException e) {
            failed(polling, "cannot poll", e);
            if (!writer.isWriting()) {
                awaitRetry();
            }
            return;
        }
        if (records.nextOffsets().isEmpty()) {
            return;
        }
        // Asked after the records were read: if the id is still the ledger's, they are of that topic. Answered while
        // they
        // are decoded.
        EventTopic.IdQuestion topicId = topic.askId();
        BatchReader.Reading reading = reader.read(records, inHand.ends(positions.placed()));
        // What lies before a record that only a newer worker understands is written; nothing beyond it is read.
        reading.newerSchema()
                .forEach((partition, detail) -> stall(
                        new TopicPartition(config.topic(), partition), new Stall(Stall.Cause.NEWER_SCHEMA, detail)));
        if (!reading.batch().isEmpty()) {
            inHand.add(new InHand(reading.batch(), topicId));
        }
    }

    private Duration pollTimeout() {
        if (!inHand.isEmpty()) {
            return shorter(writing.remaining(), IDLE_POLL);
        }
        return positions.unplaced().isEmpty() ? IDLE_POLL : shorter(placing.remaining(), IDLE_POLL);
    }

    private void write() {
        if (startWriting()) {
            try {
                readAhead();
            } finally {
                finishWriting();
            }
        }
    }

    private boolean startWriting() {
        InHand first = inHand.first();
        if (first == null || writer.isWriting() || !writing.isDue()) {
            return false;
        }
        try {
            writer.start(first.batch(), topicId(first));
            return true;
        } catch (LogUnavailableException e) {
            cannotWrite(e);
            return false;
        }
    }

    // Only what has arrived already: nothing waits for it. Not while a partition waits to be placed, for which nothing
    // may
    // be in hand, nor while the ledger is away.
    private void readAhead() {
        if (!inHand.isFull()
                && positions.unplaced().isEmpty()
                && writing.fault().isEmpty()) {
            poll(Duration.ZERO);
        }
    }

    /** Waits for the batch that is being written, if there is one. */
    private void finishWriting() {
        if (!writer.isWriting()) {
            return;
        }
        try {
            WriteOutcome outcome = writer.await();
            writing.succeeded();
            settle(inHand.remove(), outcome);
        } catch (LedgerException e) {
            cannotWrite(e);
        }
    }

    private void cannotWrite(Exception cause) {
        metrics.writeFailed();
        consumer.pause(consumer.assignment());
        failed(writing, "cannot write the batch in hand", cause);
    }

    private UUID topicId(InHand batch) throws LogUnavailableException {
        try {
            return batch.topic().await();
        } catch (LogUnavailableException e) {
            inHand.replaceFirst(new InHand(batch.batch(), topic.askId()));
            throw e;
        }
    }

    private void settle(LogBatch batch, WriteOutcome outcome) {
        if (outcome instanceof WriteOutcome.Written written) {
            metrics.written(batch, written);
            if (!written.dead().isEmpty()) {
                log.atWarn().addKeyValue("reasons", written.dead()).log("records put into dead_events");
            }
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (PartitionRange range : batch.ranges()) {
                TopicPartition partition = new TopicPartition(config.topic(), range.partition());
                LogPosition next = new LogPosition(range.next(), range.nextEpoch());
                positions.advanced(partition, next);
                offsets.put(partition, next.forKafka());
            }
            publish(offsets);
        } else if (outcome instanceof WriteOutcome.PositionMoved moved) {
            log.atWarn().addKeyValue("detail", moved.detail()).log("batch dropped: the ledger is elsewhere");
            metrics.positionMoved();
            batch.ranges().forEach(range -> unplace(new TopicPartition(config.topic(), range.partition())));
            inHand.drop(batch.partitions());
        } else if (outcome instanceof WriteOutcome.TopicReplaced replaced) {
            batch.ranges()
                    .forEach(range -> stall(
                            new TopicPartition(config.topic(), range.partition()),
                            new Stall(Stall.Cause.TOPIC_REPLACED, replaced.detail())));
            inHand.drop(batch.partitions());
        }
        consumer.resume(positions.placed().keySet());
    }

    // For operators' tools, which show a group's lag by these. Nothing here reads them.
    private void publish(Map<TopicPartition, OffsetAndMetadata> offsets) {
        try {
            consumer.commitAsync(offsets, (committed, e) -> {
                if (e != null) {
                    log.atDebug().setCause(e).log("offsets not shown to Kafka");
                }
            });
        } catch (WakeupException e) {
            throw e;
        } catch (KafkaException e) {
            log.atDebug().setCause(e).log("offsets not shown to Kafka");
        }
    }

    private void unplace(TopicPartition partition) {
        if (positions.isAssigned(partition)) {
            // Without any position the consumer would ask for one and fail; paused, it reads nothing from it.
            consumer.pause(Set.of(partition));
            consumer.seek(partition, 0);
            positions.assigned(partition);
        }
    }

    private void stall(TopicPartition partition, Stall stall) {
        if (positions.isAssigned(partition)) {
            consumer.pause(Set.of(partition));
            consumer.seek(partition, 0);
            positions.stalled(partition);
            stalls.raise(partition.partition(), stall);
        }
    }

    private void failed(Backoff backoff, String what, Exception cause) {
        String message = what + ": " + cause.getMessage();
        if (!message.equals(backoff.fault())) {
            log.atWarn().addKeyValue("cause", message).log("metering waits and tries again");
        }
        backoff.failed(message);
    }

    private void awaitRetry() {
        try {
            stop.await(polling.remaining().toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private void leave() {
        try {
            consumer.close(CloseOptions.timeout(LEAVE_TIMEOUT));
        } catch (RuntimeException e) {
            log.atWarn().setCause(e).log("the group was not left in order");
        }
        writer.close();
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    /** Throws, saying why, while the loop is dead or cannot do its work. */
    public void probe() {
        Throwable cause = death;
        if (cause != null) {
            throw new IllegalStateException("the loop is dead: " + cause, cause);
        }
        for (Backoff phase : List.of(placing, polling, writing)) {
            String fault = phase.fault();
            if (!fault.isEmpty()) {
                throw new IllegalStateException(fault);
            }
        }
    }

    /** Throws, naming them, while assigned partitions stand still until an operator acts. */
    public void probePartitions() {
        String stalled = stalls.describe();
        if (!stalled.isEmpty()) {
            throw new IllegalStateException(stalled);
        }
    }

    /** Asks the brokers how far the placed partitions reach and publishes the distance. Called now and then. */
    public void measureLag() throws LogUnavailableException {
        Map<TopicPartition, LogPosition> known = positions.known();
        Map<Integer, Long> lags = new HashMap<>();
        if (!known.isEmpty()) {
            topic.ends(known.keySet().stream().map(TopicPartition::partition).toList())
                    .forEach((partition, end) -> {
                        LogPosition position = known.get(partition);
                        lags.put(partition.partition(), position == null ? 0 : Math.max(0, end - position.offset()));
                    });
        }
        metrics.lag(lags);
    }

    /** Lets the batch in hand be finished, within the drain time-out, and leaves the group. */
    @Override
    public void close() {
        stop.countDown();
        consumer.wakeup();
        try {
            if (!ended.await(drainTimeout.toMillis(), TimeUnit.MILLISECONDS)) {
                log.atWarn()
                        .addKeyValue("limit", drainTimeout)
                        .log("batch in hand not finished in time: it is read again by the next worker");
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Follows the group. Runs within {@code poll}, on the loop's thread. */
    private final class Rebalance implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            partitions.forEach(positions::assigned);
            partitions.forEach(LogConsumer.this::unplace);
        }

        // They are this worker's until this returns: what is being written is finished, and what else is in hand is
        // written
        // unless the ledger is away; then the next owner reads the same records.
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            finishWriting();
            while (startWriting()) {
                finishWriting();
            }
            onPartitionsLost(partitions);
        }

        // Somebody else may be reading them already.
        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            finishWriting();
            Set<Integer> gone =
                    partitions.stream().map(TopicPartition::partition).collect(Collectors.toSet());
            partitions.forEach(positions::gone);
            stalls.forget(gone);
            if (positions.unplaced().isEmpty()) {
                placing.succeeded();
            }
            if (!inHand.isEmpty()) {
                inHand.drop(gone);
                if (inHand.isEmpty()) {
                    writing.succeeded();
                    consumer.resume(positions.placed().keySet());
                }
            }
            log.atInfo().addKeyValue("partitions", gone).log("partitions given up");
        }
    }
}

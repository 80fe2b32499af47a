package io.wasmwiz.executor.events;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of executions in Kafka, through an idempotent producer that waits for all in-sync replicas.
 *
 * <p>{@link Publication#REFUSED} means that the producer never took the record: there is no connection, too much is in
 * flight, or no metadata or buffer space is at hand, for neither of which a publishing thread waits. Once the producer has
 * taken a record, any failure is {@link Publication#UNRESOLVED}: an attempt whose answer was lost may have been written.
 *
 * <p>Thread-safe; no method but {@link #close} blocks. Publications complete on the producer's thread, which must not be
 * blocked. Its opener closes it.
 */
public final class KafkaExecutionEvents implements ExecutionEvents {
    private static final Logger log = LoggerFactory.getLogger(KafkaExecutionEvents.class);

    private final EventEncoder encoder;
    private final InFlightRecords inFlight;
    private final RecoveryGate recovery = new RecoveryGate();
    private final LogProbe probe;
    private final long stallBoundNanos;
    private final Clock clock;
    private final Map<Publication, Counter> counters = new EnumMap<>(Publication.class);
    private volatile boolean closed;

    private KafkaExecutionEvents(EventsConfig config, LogProbe probe, Clock clock, MeterRegistry metrics) {
        this.encoder = new EventEncoder(config.topic(), config.executorId());
        this.inFlight = new InFlightRecords(config.maxInFlight());
        this.probe = probe;
        this.stallBoundNanos = config.stallBound().toNanos();
        this.clock = clock;
        for (Publication publication : Publication.values()) {
            counters.put(
                    publication,
                    Counter.builder("wasmwiz.events.published")
                            .description("Records by what became of them")
                            .tag("publication", publication.name().toLowerCase(Locale.ROOT))
                            .register(metrics));
        }
        Gauge.builder("wasmwiz.events.in.flight", inFlight, InFlightRecords::size)
                .description("Records sent and not answered")
                .register(metrics);
        Gauge.builder("wasmwiz.events.accepting", this, events -> events.isAccepting() ? 1 : 0)
                .description("Whether a run may start, as far as the log is concerned")
                .register(metrics);
    }

    /** Opens the log; does not wait for it, and does not fail when it is away: {@link #isAccepting} is false until then. */
    public static KafkaExecutionEvents open(EventsConfig config, MeterRegistry metrics) {
        return open(config, Clock.systemUTC(), metrics);
    }

    /** The same, where {@code clock} says when the end of a lease was published. */
    public static KafkaExecutionEvents open(EventsConfig config, Clock clock, MeterRegistry metrics) {
        return new KafkaExecutionEvents(config, LogProbe.start(config), clock, metrics);
    }

    @Override
    public boolean isAccepting() {
        return !closed
                && probe.fault() == null
                && inFlight.hasRoom()
                && recovery.isOpen(inFlight.size())
                && inFlight.oldestAgeNanos(System.nanoTime()) < stallBoundNanos;
    }

    /** Waits until the log serves, at most {@code limit}. */
    public void awaitServing(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (probe.fault() != null && deadline - System.nanoTime() > 0) {
            Thread.sleep(10);
        }
    }

    /** For the health check: throws what {@link #isAccepting} stumbles over, in words for operators; returns at once. */
    public void probe() throws LogUnavailableException {
        LogUnavailableException fault = probe.fault();
        if (fault != null) {
            throw fault;
        }
        long ageNanos = inFlight.oldestAgeNanos(System.nanoTime());
        if (ageNanos >= stallBoundNanos) {
            throw new LogUnavailableException(
                    "the oldest record in flight has waited %d ms for its ack".formatted(ageNanos / 1_000_000));
        }
        if (!inFlight.hasRoom()) {
            throw new LogUnavailableException("there are %d records in flight already".formatted(inFlight.size()));
        }
    }

    @Override
    public CompletionStage<Publication> publish(ExecutionRecord execution) {
        return send(encoder.encode(execution));
    }

    @Override
    public CompletionStage<Publication> closeLease(UUID accountId, UUID leaseId) {
        return send(encoder.encodeClose(accountId, leaseId, clock.instant()));
    }

    private CompletionStage<Publication> send(ProducerRecord<byte[], byte[]> record) {
        LogConnection connection = probe.connection();
        OptionalLong ticket = inFlight.take(System.nanoTime());
        if (connection == null || closed || ticket.isEmpty()) {
            ticket.ifPresent(inFlight::resolve);
            return CompletableFuture.completedFuture(counted(Publication.REFUSED));
        }
        Sending sending = new Sending(connection, ticket.getAsLong());
        try {
            Future<?> unused = connection.producer().send(record, (metadata, failure) -> sending.complete(failure));
        } catch (RuntimeException e) {
            sending.complete(e);
        }
        sending.handedOver = true;
        return sending.publication;
    }

    private Publication counted(Publication publication) {
        recovery.completed(publication);
        Objects.requireNonNull(counters.get(publication)).increment();
        return publication;
    }

    /** One record on its way. */
    private final class Sending {
        private final CompletableFuture<Publication> publication = new CompletableFuture<>();
        private final LogConnection connection;
        private final long ticket;
        private final Thread sender = Thread.currentThread();
        private volatile boolean handedOver;

        private Sending(LogConnection connection, long ticket) {
            this.connection = connection;
            this.ticket = ticket;
        }

        private void complete(@Nullable Exception failure) {
            inFlight.resolve(ticket);
            if (failure == null) {
                publication.complete(counted(Publication.DURABLE));
                return;
            }
            // The producer reports what it did not take on the thread that sends, before send returns; what it took, on
            // its own thread.
            boolean neverTaken = !handedOver && Thread.currentThread() == sender;
            Publication outcome = neverTaken ? Publication.REFUSED : Publication.UNRESOLVED;
            log.atDebug()
                    .addKeyValue("publication", outcome)
                    .addKeyValue("cause", failure.toString())
                    .log("record not acknowledged");
            if (isFatal(failure)) {
                probe.reportBroken(connection, failure);
            }
            publication.complete(counted(outcome));
        }
    }

    // After these the producer may refuse everything; a new one starts clean.
    private static boolean isFatal(Exception failure) {
        return failure instanceof AuthenticationException
                || failure instanceof AuthorizationException
                || failure instanceof UnsupportedVersionException
                || (failure.getCause() instanceof AuthorizationException);
    }

    @Override
    public void close() {
        closed = true;
        probe.close();
    }
}

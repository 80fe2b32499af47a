package io.wasmwiz.metering.deadevents;

import com.google.gson.JsonObject;
import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.events.v1.ExecutionLogRecord;
import io.wasmwiz.metering.consume.LogConfig;
import io.wasmwiz.metering.publish.LogWriter;
import io.wasmwiz.metering.publish.OutgoingRecord;
import io.wasmwiz.service.ServiceCommand;
import io.wasmwiz.service.config.Problems;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Publishes dead events anew, after their cause was mended. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        description =
                "Publishes dead events anew, each once, and notes it. What is still no row is dead again, at its new"
                        + " place. Safe while everything runs.")
final class ReplayCommand extends LedgerTask {
    private static final int PAGE = 500;

    @Spec
    private @Nullable CommandSpec command;

    @Parameters(paramLabel = "EVENT", arity = "0..*", description = "PARTITION:OFFSET, or TOPIC_ID:PARTITION:OFFSET.")
    private List<String> places = new ArrayList<>();

    @Option(names = "--all", description = "Every one that was never replayed.")
    private boolean all;

    @Option(names = "--reason", description = "With --all: only those with this reason.")
    private @Nullable String reason;

    @Option(
            names = "--kafka-bootstrap-servers",
            defaultValue = "",
            showDefaultValue = CommandLine.Help.Visibility.NEVER,
            description = "host:port[,host:port...] of the brokers. Required.")
    private String bootstrapServers = "";

    @Option(
            names = "--kafka-property",
            split = "\\|",
            description =
                    "Kafka client setting, KEY=VALUE: ssl.*, sasl.* or security.protocol; several separated by |.")
    private Map<String, String> kafkaProperties = new LinkedHashMap<>();

    /** The log did not take a record for sure. */
    private static final class NotPublishedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotPublishedException(String cause) {
            super(cause);
        }
    }

    @Override
    int run(DeadEvents events) {
        List<DeadEventId> ids = ids();
        LogConfig log = new LogConfig(
                bootstrapServers,
                ledger.topic,
                "wasmwiz-dead-events",
                1,
                Duration.ofMillis(100),
                Duration.ofSeconds(1),
                kafkaProperties);
        Problems problems = new Problems();
        log.check(problems);
        problems.check();
        try (LogWriter writer = LogWriter.open(log)) {
            return all ? replayAll(events, writer) : replayThese(events, ids, writer);
        } catch (NotPublishedException e) {
            err().println("the log did not take it: " + e.getMessage());
            return ServiceCommand.EX_UNAVAILABLE;
        }
    }

    private List<DeadEventId> ids() {
        CommandLine line = Objects.requireNonNull(command).commandLine();
        if (places.isEmpty() != all || (reason != null && !all)) {
            throw new ParameterException(line, "either events or --all [--reason] is expected");
        }
        try {
            return places.stream().map(new DeadEventId.Converter()::convert).toList();
        } catch (TypeConversionException e) {
            throw new ParameterException(line, String.valueOf(e.getMessage()));
        }
    }

    private int replayThese(DeadEvents events, List<DeadEventId> ids, LogWriter writer) {
        int answer = 0;
        for (DeadEventId id : ids) {
            Optional<DeadEvent> event = only(events, id);
            if (event.isEmpty() || !replay(events, writer, event.get())) {
                answer = NOT_DONE;
            }
        }
        return answer;
    }

    private int replayAll(DeadEvents events, LogWriter writer) {
        DeadEventId after = DeadEvents.START;
        List<DeadEvent> page = events.list(reason, true, after, PAGE);
        // What dies again meanwhile is left for another time.
        Instant begun = events.now();
        while (!page.isEmpty()) {
            for (DeadEvent event : page) {
                if (!event.createdAt().isAfter(begun)) {
                    replay(events, writer, event);
                }
                after = event.id();
            }
            page = events.list(reason, true, after, PAGE);
        }
        return 0;
    }

    /** Whether it is published, now or before. */
    private boolean replay(DeadEvents events, LogWriter writer, DeadEvent event) {
        if (event.value() == null) {
            say(event, "nothing_to_publish");
            return false;
        }
        boolean now = events.replay(event.id(), found -> publish(writer, found));
        say(event, now ? "replayed" : "replayed_before");
        return true;
    }

    private static void publish(LogWriter writer, DeadEvent event) {
        LogWriter.Publication publication = writer.publish(List.of(outgoing(event)));
        if (publication.durable().isEmpty()) {
            throw new NotPublishedException(publication.fault());
        }
    }

    private static OutgoingRecord outgoing(DeadEvent event) {
        String type = RecordJson.record(event.value())
                .map(record -> record.getRecordCase() == ExecutionLogRecord.RecordCase.EXECUTION
                        ? ExecutionLog.EXECUTION_TYPE
                        : ExecutionLog.LEASE_CLOSED_TYPE)
                .orElse("");
        return new OutgoingRecord(
                "dead-event:" + event.id(),
                type,
                event.createdAt(),
                event.key(),
                Objects.requireNonNull(event.value()));
    }

    private void say(DeadEvent event, String result) {
        if (ledger.json) {
            JsonObject json = RecordJson.summary(event);
            json.addProperty("result", result);
            out().println(json);
        } else {
            out().println(event.id().partition() + ":" + event.id().offset() + " " + result.replace('_', ' '));
        }
    }
}

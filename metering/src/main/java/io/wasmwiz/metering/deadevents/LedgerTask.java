package io.wasmwiz.metering.deadevents;

import io.wasmwiz.service.ServiceCommand;
import io.wasmwiz.service.database.Database;
import java.io.PrintWriter;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What the commands share: the ledger, and one answer when it is away. */
abstract class LedgerTask implements Callable<Integer> {
    static final int NOT_DONE = 1;

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    LedgerOptions ledger = new LedgerOptions();

    @Override
    public final Integer call() {
        try (Database database = ledger.open()) {
            return run(new DeadEvents(database.jdbi(), ledger.topic));
        } catch (RuntimeException e) {
            if (!Database.isUnavailable(e)) {
                throw e;
            }
            err().println("PostgreSQL does not answer: " + e.getMessage());
            return ServiceCommand.EX_UNAVAILABLE;
        }
    }

    abstract int run(DeadEvents events);

    /** The one event that {@code id} means; empty, and said so, when there is none or several. */
    final Optional<DeadEvent> only(DeadEvents events, DeadEventId id) {
        List<DeadEvent> found = events.find(id);
        if (found.size() == 1) {
            return Optional.of(found.get(0));
        }
        err().println(
                        found.isEmpty()
                                ? "no dead event at %s of topic %s".formatted(id, ledger.topic)
                                : "topics made anew have several at %s; say which: %s"
                                        .formatted(
                                                id,
                                                found.stream()
                                                        .map(event -> event.id().toString())
                                                        .collect(Collectors.joining(" "))));
        return Optional.empty();
    }

    final PrintWriter out() {
        return Objects.requireNonNull(spec).commandLine().getOut();
    }

    final PrintWriter err() {
        return Objects.requireNonNull(spec).commandLine().getErr();
    }
}

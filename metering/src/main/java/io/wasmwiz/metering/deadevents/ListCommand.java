package io.wasmwiz.metering.deadevents;

import io.wasmwiz.service.config.Problems;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists dead events in the order of their places. */
@Command(name = "list", mixinStandardHelpOptions = true, description = "Lists dead events.")
final class ListCommand extends LedgerTask {
    private static final String ROW = "%-14s  %-20s  %-24s  %-24s  %s%n";
    private static final int PAGE = 500;
    private static final int DETAIL = 80;

    @Option(names = "--reason", description = "Only those with this reason, for example BAD_FIELD.")
    private @Nullable String reason;

    @Option(names = "--pending", description = "Only those that were never replayed.")
    private boolean pending;

    @Option(
            names = "--limit",
            defaultValue = "100",
            description = "Events at most, 1 to 1,000,000. Default: ${DEFAULT-VALUE}.")
    private int limit;

    @Override
    int run(DeadEvents events) {
        Problems problems = new Problems();
        problems.requireRange("--limit", limit, 1, 1_000_000);
        problems.check();
        if (!ledger.json) {
            out().printf(ROW, "EVENT", "REASON", "CREATED", "REPLAYED", "DETAIL");
        }
        DeadEventId after = DeadEvents.START;
        int left = limit;
        while (left > 0) {
            List<DeadEvent> page = events.list(reason, pending, after, Math.min(left, PAGE));
            if (page.isEmpty()) {
                return 0;
            }
            page.forEach(this::print);
            after = page.get(page.size() - 1).id();
            left -= page.size();
        }
        return 0;
    }

    private void print(DeadEvent event) {
        if (ledger.json) {
            out().println(RecordJson.summary(event));
            return;
        }
        String detail = event.detail().replaceAll("\\p{Cntrl}", " ");
        out().printf(
                        ROW,
                        event.id().partition() + ":" + event.id().offset(),
                        event.reason(),
                        event.createdAt(),
                        event.replayedAt() == null ? "-" : event.replayedAt(),
                        detail.length() <= DETAIL ? detail : detail.substring(0, DETAIL) + "…");
    }
}

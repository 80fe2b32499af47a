package io.wasmwiz.metering.deadevents;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows one dead event with the fields of its record. */
@Command(
        name = "show",
        mixinStandardHelpOptions = true,
        description = "Shows a dead event and what its record says, as far as it can be read, in JSON.")
final class ShowCommand extends LedgerTask {
    @Parameters(
            paramLabel = "EVENT",
            converter = DeadEventId.Converter.class,
            description = "PARTITION:OFFSET, or TOPIC_ID:PARTITION:OFFSET.")
    private DeadEventId id = DeadEvents.START;

    @Override
    int run(DeadEvents events) {
        Optional<DeadEvent> event = only(events, id);
        if (event.isEmpty()) {
            return NOT_DONE;
        }
        JsonObject json = RecordJson.full(event.get());
        out().println(
                        ledger.json
                                ? json.toString()
                                : new GsonBuilder()
                                        .setPrettyPrinting()
                                        .serializeNulls()
                                        .disableHtmlEscaping()
                                        .create()
                                        .toJson(json));
        return 0;
    }
}

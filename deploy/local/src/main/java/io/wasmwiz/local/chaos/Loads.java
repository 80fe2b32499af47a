package io.wasmwiz.local.chaos;

import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Who calls.
 *
 * @param plain without request ids
 * @param named with request ids
 * @param small with an allowance that is spent in the end
 * @param flood only to fill queues
 * @param batches one batch after the other, each on a stream of its own
 */
record Loads(TenantLoad plain, TenantLoad named, TenantLoad small, TenantLoad flood, List<BatchLoad> batches) {
    Loads {
        batches = List.copyOf(batches);
    }

    /** Those that work all the time. */
    List<Load> steady() {
        return with(plain, named, small);
    }

    /** All of them. */
    List<Load> all() {
        return with(plain, named, small, flood);
    }

    private List<Load> with(TenantLoad... callers) {
        return Stream.concat(Stream.of(callers), batches.stream()).toList();
    }

    /** Whose calls these are. */
    List<UUID> accounts() {
        return all().stream().map(load -> load.tenant().account()).toList();
    }

    /** Every call so far. */
    List<Call> calls() {
        return all().stream().flatMap(load -> load.calls().stream()).toList();
    }

    /** What calls, items and streams that have not run, as far as is known, ended with. */
    Stream<String> refusals() {
        return Stream.concat(
                calls().stream()
                        .filter(call -> call.end() == Call.End.REFUSED || call.end() == Call.End.UNKNOWN)
                        .map(Call::detail),
                batches.stream().flatMap(load -> load.refusals().stream()));
    }
}

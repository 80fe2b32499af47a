package io.wasmwiz.local.chaos;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Compares what clients were told with what they are charged: acknowledged ⊆ charged ⊆ acknowledged ∪ unknown, and nothing
 * twice. A row without a request id that no reply named belongs to an unknown call of its account with an input of the same
 * length, and no two rows belong to one call.
 */
final class CallCheck {
    /**
     * A row or a call that should not be.
     *
     * @param what is wrong
     * @param executionId whose history tells more
     */
    record Offence(String what, UUID executionId) {}

    private record Unnamed(UUID account, long inputBytes) {}

    /** Codes that tell a caller not to try again. */
    private static final Set<Status.Code> BLAME = EnumSet.of(
            Status.Code.INVALID_ARGUMENT,
            Status.Code.NOT_FOUND,
            Status.Code.PERMISSION_DENIED,
            Status.Code.UNAUTHENTICATED,
            Status.Code.FAILED_PRECONDITION,
            Status.Code.OUT_OF_RANGE,
            Status.Code.UNIMPLEMENTED);

    private CallCheck() {}

    /** Everything that contradicts the rule. */
    static List<Offence> offences(List<Call> calls, List<ChargedRow> rows) {
        Set<UUID> acknowledged = new HashSet<>();
        Set<UUID> requests = new HashSet<>();
        Map<Unnamed, Integer> unknown = new HashMap<>();
        List<Offence> offences = new ArrayList<>();
        for (Call call : calls) {
            if (call.end() == Call.End.CHARGED && call.executionId() != null && !acknowledged.add(call.executionId())) {
                offences.add(new Offence("one charge acknowledged to two calls", call.executionId()));
            }
            if (call.requestId() != null) {
                requests.add(call.requestId());
            } else if (call.end() == Call.End.UNKNOWN) {
                unknown.merge(new Unnamed(call.account(), call.inputBytes()), 1, Integer::sum);
            }
        }
        Set<UUID> charged = new HashSet<>();
        Set<UUID> paidRequests = new HashSet<>();
        for (ChargedRow row : rows) {
            if (!charged.add(row.executionId())) {
                offences.add(new Offence("charged twice", row.executionId()));
            } else if (row.requestId() != null && !paidRequests.add(row.requestId())) {
                offences.add(new Offence("a second charge for request " + row.requestId(), row.executionId()));
            } else if (!acknowledged.contains(row.executionId()) && !isUnknown(row, requests, unknown)) {
                offences.add(new Offence("charged, and no call can have been it", row.executionId()));
            }
        }
        acknowledged.stream()
                .filter(id -> !charged.contains(id))
                .forEach(id -> offences.add(new Offence("acknowledged as charged, and no charged row", id)));
        return offences;
    }

    /**
     * What callers were told of calls with which nothing is wrong, as if there were.
     *
     * @param refusals each a code, and more
     */
    static List<String> blamed(Stream<String> refusals) {
        return refusals.filter(refusal -> BLAME.stream().anyMatch(code -> refusal.startsWith(code.name())))
                .distinct()
                .toList();
    }

    private static boolean isUnknown(ChargedRow row, Set<UUID> requests, Map<Unnamed, Integer> unknown) {
        if (row.requestId() != null) {
            return requests.contains(row.requestId());
        }
        Unnamed call = new Unnamed(row.account(), row.inputBytes());
        int left = unknown.getOrDefault(call, 0);
        unknown.put(call, left - 1);
        return left > 0;
    }
}

package io.wasmwiz.executor.refusal;

import io.wasmwiz.executor.admin.AdminRefusal;
import io.wasmwiz.executor.admission.Admission;
import io.wasmwiz.executor.auth.Authentication;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.executor.claims.Claim;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Everything that a call can be answered with instead of a result. {@code grpc.OutcomeStatus} maps each to one status. */
public sealed interface Refusal {
    /** Nobody who may call. */
    record NotAuthenticated(Authentication.Reason reason) implements Refusal {}

    /** The key is good and may not be used for this. */
    record ScopeMissing(Scope needed) implements Refusal {}

    /** The key store does not answer, or too many calls wait for it. */
    record AuthenticationUnavailable(Duration retryAfter) implements Refusal {}

    /** Too many authentications from the caller's network failed. */
    record AuthenticationFailuresSpent(int limitPerMinute, Duration retryAfter) implements Refusal {}

    /** The account has as many calls in progress as it may. */
    record AccountCallsSpent(long limit, Duration retryAfter) implements Refusal {}

    /** This server has as many calls in progress as it may. */
    record CallsSpent(int limit, Duration retryAfter) implements Refusal {}

    /** Fields that cannot be taken; at least one, the first gives the reason. */
    record InvalidFields(List<FieldViolation> violations) implements Refusal {
        public InvalidFields {
            violations = List.copyOf(violations);
            if (violations.isEmpty()) {
                throw new IllegalArgumentException("a refusal of fields names at least one");
            }
        }

        /** Of one field. */
        public InvalidFields(String field, String reason, String description) {
            this(List.of(new FieldViolation(field, reason, description)));
        }
    }

    /** The request id does not allow this run; nothing ran. Trying again helps while it is settling only. */
    record RequestIdRefused(Claim.Reason reason, Duration retryAfter) implements Refusal {}

    /** This account has no module of this digest. */
    record ModuleNotFound(String digest) implements Refusal {}

    /** The module cannot run here; reason, message and its figures come from the policy or the engine. */
    record ModuleRefused(String reason, String message, Map<String, String> figures) implements Refusal {
        public ModuleRefused {
            figures = Map.copyOf(figures);
        }

        /** Without figures. */
        public ModuleRefused(String reason, String message) {
            this(reason, message, Map.of());
        }
    }

    /** The module starts with more memory than this run may use. */
    record MemoryMinimumAboveLimit(long minimumBytes, long limitBytes) implements Refusal {}

    /** The module crashed the sandbox too often lately; nothing ran. */
    record ModuleQuarantined(String digest, int crashes, Duration retryAfter) implements Refusal {}

    /** The account keeps as many modules as it may. */
    record ModuleLimitReached(int limit) implements Refusal {}

    /** An upload went past the size of a module. */
    record UploadTooLarge(long limitBytes) implements Refusal {}

    /** Uploads in progress hold as much memory as they may. */
    record UploadsBusy(Duration retryAfter) implements Refusal {}

    /** An upload took longer than it may. */
    record UploadTimedOut(Duration limit) implements Refusal {}

    /** Admission said no. */
    record NotAdmitted(Admission.Refused refused) implements Refusal {}

    /** The admin service said no. */
    record AdminRefused(AdminRefusal refused) implements Refusal {}

    /** PostgreSQL does not answer; nothing ran. */
    record DatabaseUnavailable(Duration retryAfter) implements Refusal {}

    /** Events cannot be made durable at present; nothing ran. */
    record EventLogUnavailable(Duration retryAfter) implements Refusal {}

    /** A queue inside this server is full; nothing ran. */
    record ServerBusy(String queue, Duration retryAfter) implements Refusal {}

    /** As many runs of the account wait for a sandbox as may; nothing ran. */
    record AccountQueueFull(int limit, Duration retryAfter) implements Refusal {}

    /** This server is going away; nothing ran. */
    record Draining(Duration retryAfter) implements Refusal {}

    /** The client cancelled, or its deadline passed, before anything ran. */
    record Cancelled() implements Refusal {}

    /** The client's deadline passed while the run waited for its start; nothing ran. */
    record DeadlinePassed() implements Refusal {}

    /**
     * Retention may have dropped what an export had yet to send.
     *
     * @param oldestDay the first day that is kept
     * @param restartToken goes on without what is lost
     */
    record UsageDropped(LocalDate oldestDay, String restartToken) implements Refusal {}

    /** It ran, and whether its event is durable is not known. */
    record OutcomeUnknown(UUID executionId) implements Refusal {}

    /** An item of this id came before in the same batch; this one did not run. */
    record ItemRepeated(String itemId) implements Refusal {}

    /** The batch id does not allow items of this day; nothing ran. Trying again helps while it is settling only. */
    record BatchIdRefused(Claim.Reason reason, Duration retryAfter) implements Refusal {}

    /** This account opened no batch of this id, or the ledger has let go of its days. */
    record BatchNotFound(UUID batchId) implements Refusal {}

    /** The item is charged, and its batch ran charged items again as often as it may; this one did not run. */
    record BatchRerunsSpent() implements Refusal {}

    /** A batch in which nothing was in progress got no message for so long. */
    record BatchIdle(Duration limit) implements Refusal {}

    /** The results of a batch were not read for so long. */
    record BatchStalled(Duration limit) implements Refusal {}
}

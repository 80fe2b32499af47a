package io.wasmwiz.executor.grpc;

import com.google.rpc.Code;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.wasmwiz.executor.admission.Admission;
import io.wasmwiz.executor.auth.Authentication;
import io.wasmwiz.executor.claims.Claim;
import io.wasmwiz.executor.refusal.FieldViolation;
import io.wasmwiz.executor.refusal.Refusal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * The one table from what a call is refused for to its gRPC status. Complete, or the class does not load: Java 17 has no
 * exhaustive switch over types, so the rows are compared with the permitted subtypes once.
 */
final class OutcomeStatus {
    private static final String ACCOUNT = "account";

    private static final Map<Class<?>, Function<Object, Answer>> REFUSALS = complete(
            Refusal.class,
            row(Refusal.NotAuthenticated.class, no -> notAuthenticated(no.reason())),
            row(
                    Refusal.ScopeMissing.class,
                    no -> new Answer(
                                    Code.PERMISSION_DENIED,
                                    "SCOPE_MISSING",
                                    "this key lacks the scope that the method needs")
                            .with("scope", no.needed().name().toLowerCase(Locale.ROOT))),
            row(
                    Refusal.AuthenticationUnavailable.class,
                    no -> new Answer(
                                    Code.UNAVAILABLE,
                                    "AUTHENTICATION_UNAVAILABLE",
                                    "keys cannot be checked at present; nothing ran")
                            .retryAfter(no.retryAfter())),
            row(
                    Refusal.AuthenticationFailuresSpent.class,
                    no -> new Answer(
                                    Code.RESOURCE_EXHAUSTED,
                                    "AUTHENTICATION_FAILURES_SPENT",
                                    "%d authentications a minute from one address may fail; this key was not looked at"
                                            .formatted(no.limitPerMinute()))
                            .with("limit", no.limitPerMinute())
                            .quota("address", "failed authentications per minute")
                            .retryAfter(no.retryAfter())),
            row(
                    Refusal.AccountCallsSpent.class,
                    no -> new Answer(
                                    Code.RESOURCE_EXHAUSTED,
                                    "ACCOUNT_CALLS_SPENT",
                                    "the account has %d calls in progress, its limit".formatted(no.limit()))
                            .with("limit", no.limit())
                            .quota(ACCOUNT, "calls in progress")
                            .retryAfter(no.retryAfter())),
            row(
                    Refusal.CallsSpent.class,
                    no -> new Answer(
                                    Code.UNAVAILABLE,
                                    "SERVER_OVERLOADED",
                                    "this server has as many calls in progress as it may; nothing ran")
                            .with("limit", no.limit())
                            .retryAfter(no.retryAfter())),
            row(Refusal.InvalidFields.class, OutcomeStatus::invalidFields),
            row(Refusal.RequestIdRefused.class, no -> requestIdRefused(no)),
            row(
                    Refusal.ModuleNotFound.class,
                    no -> new Answer(Code.NOT_FOUND, "MODULE_NOT_FOUND", "this account has no module of this digest")
                            .with("digest", no.digest())),
            row(Refusal.ModuleRefused.class, no -> {
                Answer answer = new Answer(Code.INVALID_ARGUMENT, no.reason(), no.message());
                no.figures().forEach(answer::with);
                return answer;
            }),
            row(
                    Refusal.MemoryMinimumAboveLimit.class,
                    no -> new Answer(
                                    Code.INVALID_ARGUMENT,
                                    "MODULE_MEMORY_ABOVE_LIMIT",
                                    "the module starts with %d bytes of memory and this run may use %d"
                                            .formatted(no.minimumBytes(), no.limitBytes()))
                            .with("minimum_bytes", no.minimumBytes())
                            .with("limit_bytes", no.limitBytes())),
            row(
                    Refusal.ModuleQuarantined.class,
                    no -> new Answer(
                                    Code.FAILED_PRECONDITION,
                                    "MODULE_QUARANTINED",
                                    "the module crashed its sandbox %d times in a short while, so this server does not run it for some time"
                                            .formatted(no.crashes()))
                            .with("digest", no.digest())
                            .with("crashes", no.crashes())
                            .retryAfter(no.retryAfter())),
            row(
                    Refusal.ModuleLimitReached.class,
                    no -> new Answer(
                                    Code.RESOURCE_EXHAUSTED,
                                    "MODULE_LIMIT_REACHED",
                                    "the account keeps %d modules, its limit: delete one first".formatted(no.limit()))
                            .with("limit", no.limit())
                            .quota(ACCOUNT, "modules kept")),
            row(
                    Refusal.UploadTooLarge.class,
                    no -> new Answer(
                                    Code.RESOURCE_EXHAUSTED,
                                    "UPLOAD_TOO_LARGE",
                                    "a module may have at most %d bytes".formatted(no.limitBytes()))
                            .with("limit_bytes", no.limitBytes())),
            row(
                    Refusal.UploadsBusy.class,
                    no -> new Answer(
                                    Code.RESOURCE_EXHAUSTED,
                                    "UPLOADS_BUSY",
                                    "uploads in progress hold as much memory as they may")
                            .retryAfter(no.retryAfter())),
            row(
                    Refusal.UploadTimedOut.class,
                    no -> new Answer(
                                    Code.DEADLINE_EXCEEDED,
                                    "UPLOAD_TIMED_OUT",
                                    "an upload may take at most %d ms"
                                            .formatted(no.limit().toMillis()))
                            .with("limit_ms", no.limit().toMillis())),
            row(Refusal.NotAdmitted.class, no -> answer(no.refused())),
            row(Refusal.AdminRefused.class, no -> AdminStatus.of(no.refused())),
            row(
                    Refusal.DatabaseUnavailable.class,
                    no -> new Answer(
                                    Code.UNAVAILABLE,
                                    "DATABASE_UNAVAILABLE",
                                    "the database does not answer; nothing ran")
                            .retryAfter(no.retryAfter())),
            row(
                    Refusal.EventLogUnavailable.class,
                    no -> new Answer(
                                    Code.UNAVAILABLE,
                                    "EVENT_LOG_UNAVAILABLE",
                                    "executions cannot be recorded at present; nothing ran")
                            .retryAfter(no.retryAfter())),
            row(
                    Refusal.ServerBusy.class,
                    no -> new Answer(
                                    Code.UNAVAILABLE,
                                    "SERVER_BUSY",
                                    "a queue of this server is full, or its wait too long; nothing ran")
                            .with("queue", no.queue())
                            .retryAfter(no.retryAfter())),
            row(
                    Refusal.AccountQueueFull.class,
                    no -> new Answer(
                                    Code.RESOURCE_EXHAUSTED,
                                    "ACCOUNT_QUEUE_FULL",
                                    "the account has %d runs waiting for a sandbox of this server, its limit; nothing ran"
                                            .formatted(no.limit()))
                            .with("limit", no.limit())
                            .quota(ACCOUNT, "runs waiting")
                            .retryAfter(no.retryAfter())),
            row(
                    Refusal.Draining.class,
                    no -> new Answer(Code.UNAVAILABLE, "SERVER_DRAINING", "this server is shutting down; nothing ran")
                            .retryAfter(no.retryAfter())),
            row(
                    Refusal.Cancelled.class,
                    no -> new Answer(
                            Code.CANCELLED, "CANCELLED_BEFORE_START", "the call was cancelled before anything ran")),
            row(
                    Refusal.DeadlinePassed.class,
                    no -> new Answer(
                            Code.DEADLINE_EXCEEDED,
                            "DEADLINE_BEFORE_START",
                            "the call's deadline passed before a sandbox was free; nothing ran")),
            row(
                    Refusal.UsageDropped.class,
                    no -> new Answer(
                                    Code.FAILED_PRECONDITION,
                                    "USAGE_DROPPED",
                                    "retention dropped executions that the token had not reached: usage is kept from %s"
                                                    .formatted(no.oldestDay())
                                            + " on; restart_token goes on without what is lost")
                            .with("oldest_day", no.oldestDay())
                            .with("restart_token", no.restartToken())),
            row(
                    Refusal.OutcomeUnknown.class,
                    no -> new Answer(
                                    Code.UNKNOWN,
                                    "OUTCOME_UNKNOWN",
                                    "it ran, and whether it is on the usage log is not known; ListExecutions will tell")
                            .with("execution_id", no.executionId())),
            row(
                    Refusal.ItemRepeated.class,
                    no -> new Answer(
                                    Code.ALREADY_EXISTS,
                                    "ITEM_ID_REPEATED",
                                    "an item of this item_id came before in this batch; this one did not run")
                            .with("item_id", no.itemId())),
            row(Refusal.BatchIdRefused.class, no -> batchIdRefused(no)),
            row(
                    Refusal.BatchNotFound.class,
                    no -> new Answer(Code.NOT_FOUND, "BATCH_NOT_FOUND", "this account has no batch of this batch_id")
                            .with("batch_id", no.batchId())),
            row(
                    Refusal.BatchRerunsSpent.class,
                    no -> new Answer(
                            Code.FAILED_PRECONDITION,
                            "BATCH_RERUNS_SPENT",
                            "the item is charged, and its batch ran as many items again as it has charged; this one did not run")),
            row(
                    Refusal.BatchIdle.class,
                    no -> new Answer(
                                    Code.ABORTED,
                                    "BATCH_IDLE",
                                    "no message came for %d ms while nothing was in progress: half-close a batch that is done"
                                            .formatted(no.limit().toMillis()))
                            .with("limit_ms", no.limit().toMillis())),
            row(
                    Refusal.BatchStalled.class,
                    no -> new Answer(
                                    Code.ABORTED,
                                    "BATCH_STALLED",
                                    "results were not read for %d ms, so the batch was ended"
                                            .formatted(no.limit().toMillis()))
                            .with("limit_ms", no.limit().toMillis())));

    private static final Map<Class<?>, Function<Object, Answer>> ADMISSIONS = complete(
            Admission.Refused.class,
            row(
                    Admission.MinuteQuotaSpent.class,
                    no -> new Answer(
                                    Code.RESOURCE_EXHAUSTED,
                                    "MINUTE_QUOTA_SPENT",
                                    "tier %s allows %d executions per UTC minute".formatted(no.tier(), no.limit()))
                            .with("tier", no.tier())
                            .with("held", no.held())
                            .with("resets_at", no.resetsAt())
                            .executionQuota(
                                    ACCOUNT,
                                    "minute",
                                    no.limit(),
                                    "executions per UTC minute: limit %d, held %d, resets at %s"
                                            .formatted(no.limit(), no.held(), no.resetsAt()))
                            .retryAfter(no.retryAfter())),
            row(
                    Admission.DailyQuotaSpent.class,
                    no -> new Answer(
                                    Code.RESOURCE_EXHAUSTED,
                                    "DAILY_QUOTA_SPENT",
                                    "tier %s allows %d executions per UTC day".formatted(no.tier(), no.limit()))
                            .with("tier", no.tier())
                            .with("charged", no.charged())
                            .with("held", no.held())
                            .with("resets_at", no.resetsAt())
                            .executionQuota(
                                    ACCOUNT,
                                    "day",
                                    no.limit(),
                                    "executions per UTC day: limit %d, charged %d, held %d, resets at %s"
                                            .formatted(no.limit(), no.charged(), no.held(), no.resetsAt()))
                            .retryAfter(no.retryAfter())),
            row(Admission.KeyQuotaSpent.class, OutcomeStatus::keyQuotaSpent),
            row(
                    Admission.ConcurrencySpent.class,
                    no -> new Answer(
                                    Code.RESOURCE_EXHAUSTED,
                                    "CONCURRENCY_SPENT",
                                    "tier %s allows %d executions at once: wait for one to end"
                                            .formatted(no.tier(), no.limit()))
                            .with("tier", no.tier())
                            .executionQuota(
                                    ACCOUNT,
                                    "concurrency",
                                    no.limit(),
                                    "executions in progress: limit %d".formatted(no.limit()))
                            .retryAfter(no.retryAfter())),
            row(
                    Admission.Overloaded.class,
                    no -> new Answer(
                                    Code.UNAVAILABLE,
                                    "SERVER_OVERLOADED",
                                    "this server has as many executions in progress as it may; nothing ran")
                            .with("limit", no.limit())
                            .retryAfter(no.retryAfter())),
            row(
                    Admission.Unavailable.class,
                    no -> new Answer(
                                    Code.UNAVAILABLE,
                                    "ADMISSION_UNAVAILABLE",
                                    "the quota cannot be read at present; nothing ran")
                            .retryAfter(no.retryAfter())));

    private OutcomeStatus() {}

    /** The status that tells {@code refusal}. */
    static Status of(Refusal refusal) {
        return answer(REFUSALS, refusal).build();
    }

    /** The same, to be thrown at a gRPC observer. */
    static StatusRuntimeException exception(Refusal refusal) {
        return StatusProto.toStatusRuntimeException(of(refusal));
    }

    private static Answer answer(Admission.Refused refused) {
        return answer(ADMISSIONS, refused);
    }

    private static Answer keyQuotaSpent(Admission.KeyQuotaSpent no) {
        String period = no.period().name().toLowerCase(Locale.ROOT);
        return new Answer(
                        Code.RESOURCE_EXHAUSTED,
                        "KEY_QUOTA_SPENT",
                        "this key allows %d executions per UTC %s".formatted(no.limit(), period))
                .with("held", no.held())
                .with("resets_at", no.resetsAt())
                .executionQuota(
                        "api_key",
                        "key_" + period,
                        no.limit(),
                        "executions per UTC %s: limit %d, held %d, resets at %s"
                                .formatted(period, no.limit(), no.held(), no.resetsAt()))
                .retryAfter(no.retryAfter());
    }

    private static Answer notAuthenticated(Authentication.Reason reason) {
        return switch (reason) {
            case KEY_MISSING ->
                new Answer(Code.UNAUTHENTICATED, reason.name(), "metadata `authorization: Bearer ww_…` is required");
            case KEY_MALFORMED ->
                new Answer(
                        Code.UNAUTHENTICATED,
                        reason.name(),
                        "this is not a key: ww_ and 36 letters and digits, the last 6 a checksum; was it cut?");
            case KEY_UNKNOWN -> new Answer(Code.UNAUTHENTICATED, reason.name(), "this key is not known");
            case KEY_REVOKED -> new Answer(Code.UNAUTHENTICATED, reason.name(), "this key was revoked");
            case KEY_EXPIRED -> new Answer(Code.UNAUTHENTICATED, reason.name(), "this key has expired");
            case ACCOUNT_SUSPENDED ->
                new Answer(Code.PERMISSION_DENIED, reason.name(), "the account of this key is suspended");
        };
    }

    private static Answer requestIdRefused(Refusal.RequestIdRefused no) {
        return switch (no.reason()) {
            case OTHER_CONTENT ->
                new Answer(
                        Code.ALREADY_EXISTS,
                        "REQUEST_ID_REUSED",
                        "request_id came before with another module, input, args, env or limits; nothing ran");
            case ATTEMPTS_SPENT ->
                new Answer(
                        Code.FAILED_PRECONDITION,
                        "REQUEST_ATTEMPTS_SPENT",
                        "the request of this request_id ran as often as it may; nothing ran");
            case EXPIRED ->
                new Answer(
                        Code.FAILED_PRECONDITION,
                        "REQUEST_ID_EXPIRED",
                        "request_id is from a day that the ledger does not keep much longer; nothing ran");
            case SETTLING ->
                new Answer(
                                Code.UNAVAILABLE,
                                "REQUEST_SETTLING",
                                "request_id is from a day that has ended, and whether its run was charged is not"
                                        + " certain yet; nothing ran")
                        .retryAfter(no.retryAfter());
        };
    }

    private static Answer batchIdRefused(Refusal.BatchIdRefused no) {
        return no.reason() == Claim.Reason.EXPIRED
                ? new Answer(
                        Code.FAILED_PRECONDITION,
                        "BATCH_ID_EXPIRED",
                        "batch_id is from a day that the ledger does not keep much longer; nothing ran")
                : new Answer(
                                Code.UNAVAILABLE,
                                "BATCH_SETTLING",
                                "the day of batch_id has ended, and which of its items were charged is not certain yet;"
                                        + " some minutes later it is")
                        .retryAfter(no.retryAfter());
    }

    private static Answer invalidFields(Refusal.InvalidFields invalid) {
        FieldViolation first = invalid.violations().get(0);
        return new Answer(Code.INVALID_ARGUMENT, first.reason(), first.description())
                .with("field", first.field())
                .fields(invalid.violations());
    }

    static Answer answer(Map<Class<?>, Function<Object, Answer>> table, Object refusal) {
        Function<Object, Answer> row = table.get(refusal.getClass());
        if (row == null) {
            throw new AssertionError("complete() was to see to a row for " + refusal.getClass());
        }
        return row.apply(refusal);
    }

    record Row<R>(Class<R> type, Function<R, Answer> answer) {}

    static <R> Row<R> row(Class<R> type, Function<R, Answer> answer) {
        return new Row<>(type, answer);
    }

    static Map<Class<?>, Function<Object, Answer>> complete(Class<?> sealed, Row<?>... rows) {
        Map<Class<?>, Function<Object, Answer>> table = new HashMap<>();
        for (Row<?> row : rows) {
            table.put(row.type(), erased(row));
        }
        if (!table.keySet().equals(java.util.Set.copyOf(Arrays.asList(sealed.getPermittedSubclasses())))) {
            throw new AssertionError("the table of " + sealed.getSimpleName() + " must have a row per case");
        }
        return Map.copyOf(table);
    }

    private static <R> Function<Object, Answer> erased(Row<R> row) {
        return refusal -> row.answer().apply(row.type().cast(refusal));
    }
}

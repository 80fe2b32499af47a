package io.wasmwiz.executor.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.wasmwiz.executor.admin.AdminRefusal;
import io.wasmwiz.executor.admission.Admission;
import io.wasmwiz.executor.auth.Authentication;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.executor.claims.Claim.Reason;
import io.wasmwiz.executor.refusal.FieldViolation;
import io.wasmwiz.executor.refusal.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class OutcomeStatusTest {
    private static final Duration SOON = Duration.ofMillis(1_500);
    private static final UUID ID = UUID.fromString("0198a9e0-5a5e-7cc1-8a2b-0123456789ab");

    record Row(Refusal refusal, Code code, String reason, Map<String, String> figures, Set<Class<?>> furtherDetails) {}

    static final List<Row> ROWS = List.of(
            row(denied(Authentication.Reason.KEY_MISSING), Code.UNAUTHENTICATED, "KEY_MISSING"),
            row(denied(Authentication.Reason.KEY_MALFORMED), Code.UNAUTHENTICATED, "KEY_MALFORMED"),
            row(denied(Authentication.Reason.KEY_UNKNOWN), Code.UNAUTHENTICATED, "KEY_UNKNOWN"),
            row(denied(Authentication.Reason.KEY_REVOKED), Code.UNAUTHENTICATED, "KEY_REVOKED"),
            row(denied(Authentication.Reason.KEY_EXPIRED), Code.UNAUTHENTICATED, "KEY_EXPIRED"),
            row(denied(Authentication.Reason.ACCOUNT_SUSPENDED), Code.PERMISSION_DENIED, "ACCOUNT_SUSPENDED"),
            row(
                    new Refusal.ScopeMissing(Scope.MODULES),
                    Code.PERMISSION_DENIED,
                    "SCOPE_MISSING",
                    Map.of("scope", "modules")),
            row(
                    new Refusal.AuthenticationUnavailable(SOON),
                    Code.UNAVAILABLE,
                    "AUTHENTICATION_UNAVAILABLE",
                    Map.of(),
                    RetryInfo.class),
            row(
                    new Refusal.InvalidFields(List.of(
                            new FieldViolation("a.b", "B_BAD", "b must be good"),
                            new FieldViolation("c", "C_BAD", "c must be good"))),
                    Code.INVALID_ARGUMENT,
                    "B_BAD",
                    Map.of("field", "a.b"),
                    BadRequest.class),
            row(
                    new Refusal.AuthenticationFailuresSpent(600, SOON),
                    Code.RESOURCE_EXHAUSTED,
                    "AUTHENTICATION_FAILURES_SPENT",
                    Map.of("limit", "600"),
                    QuotaFailure.class,
                    RetryInfo.class),
            row(
                    new Refusal.AccountCallsSpent(6, SOON),
                    Code.RESOURCE_EXHAUSTED,
                    "ACCOUNT_CALLS_SPENT",
                    Map.of("limit", "6"),
                    QuotaFailure.class,
                    RetryInfo.class),
            row(
                    new Refusal.CallsSpent(256, SOON),
                    Code.UNAVAILABLE,
                    "SERVER_OVERLOADED",
                    Map.of("limit", "256"),
                    RetryInfo.class),
            row(new Refusal.RequestIdRefused(Reason.OTHER_CONTENT, SOON), Code.ALREADY_EXISTS, "REQUEST_ID_REUSED"),
            row(
                    new Refusal.RequestIdRefused(Reason.ATTEMPTS_SPENT, SOON),
                    Code.FAILED_PRECONDITION,
                    "REQUEST_ATTEMPTS_SPENT"),
            row(new Refusal.RequestIdRefused(Reason.EXPIRED, SOON), Code.FAILED_PRECONDITION, "REQUEST_ID_EXPIRED"),
            row(
                    new Refusal.RequestIdRefused(Reason.SETTLING, SOON),
                    Code.UNAVAILABLE,
                    "REQUEST_SETTLING",
                    Map.of(),
                    RetryInfo.class),
            row(new Refusal.ModuleNotFound("ab"), Code.NOT_FOUND, "MODULE_NOT_FOUND", Map.of("digest", "ab")),
            row(new Refusal.ModuleRefused("MODULE_EMPTY", "it is"), Code.INVALID_ARGUMENT, "MODULE_EMPTY"),
            row(
                    new Refusal.MemoryMinimumAboveLimit(10, 5),
                    Code.INVALID_ARGUMENT,
                    "MODULE_MEMORY_ABOVE_LIMIT",
                    Map.of("minimum_bytes", "10", "limit_bytes", "5")),
            row(
                    new Refusal.ModuleQuarantined("ab", 3, SOON),
                    Code.FAILED_PRECONDITION,
                    "MODULE_QUARANTINED",
                    Map.of("digest", "ab", "crashes", "3"),
                    RetryInfo.class),
            row(
                    new Refusal.ModuleLimitReached(7),
                    Code.RESOURCE_EXHAUSTED,
                    "MODULE_LIMIT_REACHED",
                    Map.of("limit", "7"),
                    QuotaFailure.class),
            row(new Refusal.UploadTooLarge(9), Code.RESOURCE_EXHAUSTED, "UPLOAD_TOO_LARGE", Map.of("limit_bytes", "9")),
            row(new Refusal.UploadsBusy(SOON), Code.RESOURCE_EXHAUSTED, "UPLOADS_BUSY", Map.of(), RetryInfo.class),
            row(
                    new Refusal.UploadTimedOut(SOON),
                    Code.DEADLINE_EXCEEDED,
                    "UPLOAD_TIMED_OUT",
                    Map.of("limit_ms", "1500")),
            row(
                    new Refusal.NotAdmitted(new Admission.MinuteQuotaSpent("Free", 10, 10, Instant.EPOCH, SOON)),
                    Code.RESOURCE_EXHAUSTED,
                    "MINUTE_QUOTA_SPENT",
                    Map.of(
                            "dimension",
                            "minute",
                            "tier",
                            "Free",
                            "limit",
                            "10",
                            "held",
                            "10",
                            "resets_at",
                            "1970-01-01T00:00:00Z"),
                    QuotaFailure.class,
                    RetryInfo.class),
            row(
                    new Refusal.NotAdmitted(
                            new Admission.KeyQuotaSpent(Admission.Period.DAY, 20, 19, Instant.EPOCH, SOON)),
                    Code.RESOURCE_EXHAUSTED,
                    "KEY_QUOTA_SPENT",
                    Map.of("dimension", "key_day", "limit", "20", "held", "19", "resets_at", "1970-01-01T00:00:00Z"),
                    QuotaFailure.class,
                    RetryInfo.class),
            row(
                    new Refusal.NotAdmitted(new Admission.DailyQuotaSpent("Free", 500, 490, 500, Instant.EPOCH, SOON)),
                    Code.RESOURCE_EXHAUSTED,
                    "DAILY_QUOTA_SPENT",
                    Map.of(
                            "dimension",
                            "day",
                            "tier",
                            "Free",
                            "limit",
                            "500",
                            "charged",
                            "490",
                            "held",
                            "500",
                            "resets_at",
                            "1970-01-01T00:00:00Z"),
                    QuotaFailure.class,
                    RetryInfo.class),
            row(
                    new Refusal.NotAdmitted(new Admission.ConcurrencySpent("Free", 2, SOON)),
                    Code.RESOURCE_EXHAUSTED,
                    "CONCURRENCY_SPENT",
                    Map.of("dimension", "concurrency", "tier", "Free", "limit", "2"),
                    QuotaFailure.class,
                    RetryInfo.class),
            row(
                    new Refusal.NotAdmitted(new Admission.Overloaded(64, SOON)),
                    Code.UNAVAILABLE,
                    "SERVER_OVERLOADED",
                    Map.of("limit", "64"),
                    RetryInfo.class),
            row(
                    new Refusal.NotAdmitted(new Admission.Unavailable(SOON)),
                    Code.UNAVAILABLE,
                    "ADMISSION_UNAVAILABLE",
                    Map.of(),
                    RetryInfo.class),
            admin(new AdminRefusal.AccountNotFound("ada"), Code.NOT_FOUND, "USER_NOT_FOUND", Map.of("user", "ada")),
            admin(new AdminRefusal.KeyNotFound("k"), Code.NOT_FOUND, "KEY_NOT_FOUND", Map.of("key_id", "k")),
            admin(new AdminRefusal.TierNotFound("T"), Code.NOT_FOUND, "TIER_NOT_FOUND", Map.of("tier", "T")),
            admin(
                    new AdminRefusal.AccountNameTaken("ada"),
                    Code.ALREADY_EXISTS,
                    "USER_NAME_TAKEN",
                    Map.of("name", "ada")),
            admin(new AdminRefusal.TierNameTaken("T"), Code.ALREADY_EXISTS, "TIER_NAME_TAKEN", Map.of("name", "T")),
            admin(new AdminRefusal.EtagMismatch("e"), Code.ABORTED, "ETAG_MISMATCH", Map.of("etag", "e")),
            admin(new AdminRefusal.RequestIdReused(), Code.ALREADY_EXISTS, "REQUEST_ID_REUSED", Map.of()),
            admin(
                    new AdminRefusal.ScopeNotHeld(Scope.EXECUTE),
                    Code.PERMISSION_DENIED,
                    "SCOPE_NOT_HELD",
                    Map.of("scope", "execute")),
            admin(
                    new AdminRefusal.KeyWider("limits.memory_mib"),
                    Code.PERMISSION_DENIED,
                    "KEY_WIDER",
                    Map.of("field", "limits.memory_mib")),
            admin(
                    new AdminRefusal.KeyNotActive("k"),
                    Code.FAILED_PRECONDITION,
                    "KEY_NOT_ACTIVE",
                    Map.of("key_id", "k")),
            admin(new AdminRefusal.OwnAccount(), Code.FAILED_PRECONDITION, "OWN_ACCOUNT", Map.of()),
            admin(new AdminRefusal.OwnKey(), Code.FAILED_PRECONDITION, "OWN_KEY", Map.of()),
            admin(
                    new AdminRefusal.KeyLimitReached(100, "at once"),
                    Code.RESOURCE_EXHAUSTED,
                    "KEY_LIMIT_REACHED",
                    Map.of("limit", "100"),
                    QuotaFailure.class),
            admin(
                    new AdminRefusal.ChangesSpent(60, SOON),
                    Code.RESOURCE_EXHAUSTED,
                    "CHANGES_SPENT",
                    Map.of("limit", "60"),
                    QuotaFailure.class,
                    RetryInfo.class),
            row(
                    new Refusal.DatabaseUnavailable(SOON),
                    Code.UNAVAILABLE,
                    "DATABASE_UNAVAILABLE",
                    Map.of(),
                    RetryInfo.class),
            row(
                    new Refusal.EventLogUnavailable(SOON),
                    Code.UNAVAILABLE,
                    "EVENT_LOG_UNAVAILABLE",
                    Map.of(),
                    RetryInfo.class),
            row(
                    new Refusal.ServerBusy("sandbox", SOON),
                    Code.UNAVAILABLE,
                    "SERVER_BUSY",
                    Map.of("queue", "sandbox"),
                    RetryInfo.class),
            row(
                    new Refusal.AccountQueueFull(250, SOON),
                    Code.RESOURCE_EXHAUSTED,
                    "ACCOUNT_QUEUE_FULL",
                    Map.of("limit", "250"),
                    QuotaFailure.class,
                    RetryInfo.class),
            row(new Refusal.Draining(SOON), Code.UNAVAILABLE, "SERVER_DRAINING", Map.of(), RetryInfo.class),
            row(new Refusal.Cancelled(), Code.CANCELLED, "CANCELLED_BEFORE_START"),
            row(new Refusal.DeadlinePassed(), Code.DEADLINE_EXCEEDED, "DEADLINE_BEFORE_START"),
            row(new Refusal.ItemRepeated("i"), Code.ALREADY_EXISTS, "ITEM_ID_REPEATED", Map.of("item_id", "i")),
            row(new Refusal.BatchIdRefused(Reason.EXPIRED, SOON), Code.FAILED_PRECONDITION, "BATCH_ID_EXPIRED"),
            row(
                    new Refusal.BatchIdRefused(Reason.SETTLING, SOON),
                    Code.UNAVAILABLE,
                    "BATCH_SETTLING",
                    Map.of(),
                    RetryInfo.class),
            row(new Refusal.BatchNotFound(ID), Code.NOT_FOUND, "BATCH_NOT_FOUND", Map.of("batch_id", ID.toString())),
            row(new Refusal.BatchRerunsSpent(), Code.FAILED_PRECONDITION, "BATCH_RERUNS_SPENT"),
            row(new Refusal.BatchIdle(Duration.ofSeconds(60)), Code.ABORTED, "BATCH_IDLE", Map.of("limit_ms", "60000")),
            row(
                    new Refusal.BatchStalled(Duration.ofSeconds(60)),
                    Code.ABORTED,
                    "BATCH_STALLED",
                    Map.of("limit_ms", "60000")),
            row(
                    new Refusal.UsageDropped(LocalDate.of(2026, 3, 2), "token"),
                    Code.FAILED_PRECONDITION,
                    "USAGE_DROPPED",
                    Map.of("oldest_day", "2026-03-02", "restart_token", "token")),
            row(
                    new Refusal.OutcomeUnknown(ID),
                    Code.UNKNOWN,
                    "OUTCOME_UNKNOWN",
                    Map.of("execution_id", ID.toString())));

    @ParameterizedTest
    @FieldSource("ROWS")
    void tellsEachRefusalInOneWay(Row row) throws InvalidProtocolBufferException {
        Status status = OutcomeStatus.of(row.refusal());

        assertThat(Code.forNumber(status.getCode())).isEqualTo(row.code());
        assertThat(status.getMessage()).isNotBlank();
        ErrorInfo info = status.getDetails(0).unpack(ErrorInfo.class);
        assertThat(info.getDomain()).isEqualTo("wasmwiz.io");
        assertThat(info.getReason()).isEqualTo(row.reason()).matches("[A-Z][A-Z0-9_]*[A-Z0-9]");
        assertThat(info.getMetadataMap()).isEqualTo(row.figures());
        assertThat(status.getDetailsList().stream().skip(1).map(Any::getTypeUrl))
                .containsExactlyInAnyOrderElementsOf(row.furtherDetails().stream()
                        .map(type -> "type.googleapis.com/google.rpc." + type.getSimpleName())
                        .toList());
        for (Any detail : status.getDetailsList()) {
            if (detail.is(RetryInfo.class)) {
                assertThat(detail.unpack(RetryInfo.class).getRetryDelay())
                        .isEqualTo(com.google.protobuf.Duration.newBuilder()
                                .setSeconds(1)
                                .setNanos(500_000_000)
                                .build());
            }
        }
    }

    @Test
    void namesEveryBadField() throws InvalidProtocolBufferException {
        Status status = OutcomeStatus.of(new Refusal.InvalidFields(List.of(
                new FieldViolation("a", "A_BAD", "a must be good"), new FieldViolation("b", "B_BAD", "b must be"))));

        assertThat(status.getDetails(1).unpack(BadRequest.class).getFieldViolationsList())
                .extracting(
                        BadRequest.FieldViolation::getField,
                        BadRequest.FieldViolation::getReason,
                        BadRequest.FieldViolation::getDescription)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("a", "A_BAD", "a must be good"),
                        org.assertj.core.groups.Tuple.tuple("b", "B_BAD", "b must be"));
    }

    @Test
    void hasARuleForEveryLimit() {
        assertThat(ROWS.stream()
                        .filter(row -> row.code() == Code.RESOURCE_EXHAUSTED
                                || row.reason().equals("SERVER_OVERLOADED")
                                || row.reason().equals("SERVER_BUSY"))
                        .map(Row::reason)
                        // Of calls that were not authenticated: there is no account that could ask.
                        .filter(reason -> !reason.equals("AUTHENTICATION_FAILURES_SPENT"))
                        .collect(Collectors.toSet()))
                .isEqualTo(DenialTokens.RULES.keySet());
    }

    @Test
    void hasARowForEveryCase() {
        assertThat(ROWS.stream().map(row -> row.refusal().getClass()).collect(Collectors.toSet()))
                .isEqualTo(Set.of(Refusal.class.getPermittedSubclasses()));
        assertThat(refusals(Refusal.NotAdmitted.class)
                        .map(no -> no.refused().getClass())
                        .collect(Collectors.toSet()))
                .isEqualTo(Set.of(Admission.Refused.class.getPermittedSubclasses()));
        assertThat(refusals(Refusal.AdminRefused.class)
                        .map(no -> no.refused().getClass())
                        .collect(Collectors.toSet()))
                .isEqualTo(Set.of(AdminRefusal.class.getPermittedSubclasses()));
        assertThat(refusals(Refusal.NotAuthenticated.class).map(Refusal.NotAuthenticated::reason))
                .containsExactlyInAnyOrder(Authentication.Reason.values());
    }

    private static <R> Stream<R> refusals(Class<R> type) {
        return ROWS.stream().map(Row::refusal).filter(type::isInstance).map(type::cast);
    }

    private static Refusal denied(Authentication.Reason reason) {
        return new Refusal.NotAuthenticated(reason);
    }

    private static Row admin(
            AdminRefusal refusal, Code code, String reason, Map<String, String> figures, Class<?>... furtherDetails) {
        return row(new Refusal.AdminRefused(refusal), code, reason, figures, furtherDetails);
    }

    private static Row row(Refusal refusal, Code code, String reason) {
        return row(refusal, code, reason, Map.of());
    }

    private static Row row(
            Refusal refusal, Code code, String reason, Map<String, String> figures, Class<?>... furtherDetails) {
        return new Row(refusal, code, reason, figures, Set.copyOf(Arrays.asList(furtherDetails)));
    }
}

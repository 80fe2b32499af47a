package io.wasmwiz.executor.grpc;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.wasmwiz.executor.refusal.FieldViolation;
import java.time.Duration;
import java.util.List;

/** Builds a {@code google.rpc.Status} of ours: always exactly one ErrorInfo. Not thread-safe. */
final class Answer {
    static final String DOMAIN = "wasmwiz.io";

    private final Status.Builder status;
    private final ErrorInfo.Builder info;

    /**
     * Begins an answer.
     *
     * @param reason stable UPPER_SNAKE word
     * @param message for people
     */
    Answer(Code code, String reason, String message) {
        status = Status.newBuilder().setCode(code.getNumber()).setMessage(message);
        info = ErrorInfo.newBuilder().setReason(reason).setDomain(DOMAIN);
    }

    /** Adds a figure to the ErrorInfo. */
    Answer with(String key, Object value) {
        info.putMetadata(key, value.toString());
        return this;
    }

    /** Says when trying again may help. */
    Answer retryAfter(Duration delay) {
        status.addDetails(Any.pack(RetryInfo.newBuilder()
                .setRetryDelay(com.google.protobuf.Duration.newBuilder()
                        .setSeconds(delay.getSeconds())
                        .setNanos(delay.getNano()))
                .build()));
        return this;
    }

    /** Says which quota is used up. */
    Answer quota(String subject, String description) {
        status.addDetails(Any.pack(QuotaFailure.newBuilder()
                .addViolations(
                        QuotaFailure.Violation.newBuilder().setSubject(subject).setDescription(description))
                .build()));
        return this;
    }

    /**
     * Says which quota of executions is used up.
     *
     * @param dimension of the quota: minute, day, …
     */
    Answer executionQuota(String subject, String dimension, long limit, String description) {
        status.addDetails(Any.pack(QuotaFailure.newBuilder()
                .addViolations(QuotaFailure.Violation.newBuilder()
                        .setSubject(subject)
                        .setDescription(description)
                        .setQuotaMetric(DOMAIN + "/executions")
                        .setQuotaId(dimension)
                        .setQuotaValue(limit))
                .build()));
        return with("dimension", dimension).with("limit", limit);
    }

    /** Says which fields are bad. */
    Answer fields(List<FieldViolation> violations) {
        BadRequest.Builder bad = BadRequest.newBuilder();
        violations.forEach(violation -> bad.addFieldViolations(BadRequest.FieldViolation.newBuilder()
                .setField(violation.field())
                .setReason(violation.reason())
                .setDescription(violation.description())));
        status.addDetails(Any.pack(bad.build()));
        return this;
    }

    Status build() {
        return status.addDetails(0, Any.pack(info.build())).build();
    }
}

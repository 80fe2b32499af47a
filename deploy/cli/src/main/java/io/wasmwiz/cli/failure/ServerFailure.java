package io.wasmwiz.cli.failure;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.wasmwiz.cli.text.Printable;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An RPC error with its google.rpc details. All text is printable and cut to a screenful, whatever the server sent.
 *
 * @param reason stable reason, or null when the error came from the transport rather than from WasmWiz
 * @param figures ErrorInfo's metadata, for example limits and the incident id
 * @param details field and quota violations, a line each, at most 20
 * @param retryAfterSeconds rounded up
 */
public record ServerFailure(
        Status.Code code,
        String message,
        @Nullable String reason,
        Map<String, String> figures,
        List<String> details,
        OptionalLong retryAfterSeconds) {
    private static final int DETAILS_AT_MOST = 20;

    /** Reads the details of {@code status}; details that cannot be read are left out. */
    public static ServerFailure of(Status status, io.grpc.@Nullable Metadata trailers) {
        Reading reading = new Reading();
        for (Any detail : detailsOf(status, trailers)) {
            try {
                reading.add(detail);
            } catch (InvalidProtocolBufferException e) {
                // The rest is still worth showing.
            }
        }
        if (reading.reason == null) {
            transportAdvice(status).forEach(reading::addDetail);
        }
        return new ServerFailure(
                status.getCode(),
                Printable.line(describe(status)),
                reading.reason,
                reading.figures,
                List.copyOf(reading.details),
                reading.retryAfterSeconds);
    }

    private static List<Any> detailsOf(Status status, io.grpc.@Nullable Metadata trailers) {
        if (trailers == null) {
            return List.of();
        }
        try {
            return StatusProto.fromStatusAndTrailers(status, trailers).getDetailsList();
        } catch (IllegalArgumentException e) {
            return List.of();
        }
    }

    // grpc-java describes a lost connection by its pipeline, and keeps what people need in the cause.
    private static String describe(Status status) {
        Throwable cause = status.getCause();
        if (cause instanceof IOException) {
            return "cannot talk to the server: " + cause.getMessage();
        }
        return status.getDescription() == null ? "the server gave no message" : status.getDescription();
    }

    private static List<String> transportAdvice(Status status) {
        if (status.getCause() instanceof ConnectException) {
            return List.of("check that it runs and the address; `wasmwiz doctor` says more");
        }
        return status.getCode() == Status.Code.UNAVAILABLE || status.getCode() == Status.Code.DEADLINE_EXCEEDED
                ? List.of("no answer came: whatever was asked may have happened all the same")
                : List.of();
    }

    /** What counts are kept by: the reason, or the status code of an error without one. */
    public String label() {
        return reason == null ? code.name() : reason;
    }

    /** The exit code that stands for it. */
    public int exitCode() {
        if ("OUTCOME_UNKNOWN".equals(reason)) {
            return ExitCode.OUTCOME_UNKNOWN;
        }
        if ("SERVER_OVERLOADED".equals(reason) || "SERVER_BUSY".equals(reason)) {
            return ExitCode.TRY_LATER;
        }
        return switch (code) {
            case UNAUTHENTICATED, PERMISSION_DENIED -> ExitCode.NO_PERMISSION;
            case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE, ALREADY_EXISTS -> ExitCode.DATA;
            case NOT_FOUND -> ExitCode.NO_INPUT;
            case RESOURCE_EXHAUSTED, ABORTED -> ExitCode.TRY_LATER;
            case UNAVAILABLE, DEADLINE_EXCEEDED, UNIMPLEMENTED -> ExitCode.UNAVAILABLE;
            case CANCELLED -> ExitCode.CANCELLED;
            case OK, UNKNOWN, INTERNAL, DATA_LOSS -> ExitCode.INTERNAL;
        };
    }

    /** One line, then details, indented. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(message + " (" + (reason == null ? code.name() : code.name() + ", " + reason) + ")");
        details.forEach(detail -> lines.add("  " + detail));
        figures.forEach((name, value) -> lines.add("  " + name + ": " + value));
        retryAfterSeconds.ifPresent(
                seconds -> lines.add("  retry after " + seconds + (seconds == 1 ? " second" : " seconds")));
        return lines;
    }

    /** What is collected while the details are read. */
    private static final class Reading {
        private @Nullable String reason;
        private final Map<String, String> figures = new TreeMap<>();
        private final List<String> details = new ArrayList<>();
        private OptionalLong retryAfterSeconds = OptionalLong.empty();

        void add(Any detail) throws InvalidProtocolBufferException {
            if (detail.is(ErrorInfo.class)) {
                ErrorInfo info = detail.unpack(ErrorInfo.class);
                reason = Printable.line(info.getReason());
                info.getMetadataMap().forEach((name, value) -> {
                    if (figures.size() < DETAILS_AT_MOST) {
                        figures.put(Printable.line(name), Printable.line(value));
                    }
                });
            } else if (detail.is(BadRequest.class)) {
                for (BadRequest.FieldViolation violation :
                        detail.unpack(BadRequest.class).getFieldViolationsList()) {
                    addDetail("field " + violation.getField() + ": " + violation.getDescription());
                }
            } else if (detail.is(QuotaFailure.class)) {
                for (QuotaFailure.Violation violation :
                        detail.unpack(QuotaFailure.class).getViolationsList()) {
                    addDetail("quota " + violation.getSubject() + ": " + violation.getDescription());
                }
            } else if (detail.is(RetryInfo.class)) {
                var delay = detail.unpack(RetryInfo.class).getRetryDelay();
                retryAfterSeconds = OptionalLong.of(Math.max(0, delay.getSeconds() + (delay.getNanos() > 0 ? 1 : 0)));
            }
        }

        private void addDetail(String detail) {
            if (details.size() < DETAILS_AT_MOST) {
                details.add(Printable.line(detail));
            }
        }
    }
}

package io.wasmwiz.executor.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Errors as a client decodes them. */
public final class Errors {
    private Errors() {}

    /** The error that {@code call} fails with. */
    public static StatusRuntimeException of(ThrowingCallable call) {
        StatusRuntimeException error = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(error).as("an error of the call").isNotNull();
        return error;
    }

    /** Its reason: there must be exactly one ErrorInfo, of our domain. */
    public static String reason(StatusRuntimeException error) {
        return info(error).getReason();
    }

    public static ErrorInfo info(StatusRuntimeException error) {
        assertThat(details(error).stream().filter(any -> any.is(ErrorInfo.class)))
                .as("ErrorInfo of %s", error.getStatus())
                .hasSize(1);
        ErrorInfo info = detail(error, ErrorInfo.class).orElseThrow();
        assertThat(info.getDomain()).isEqualTo("wasmwiz.io");
        return info;
    }

    public static <T extends Message> Optional<T> detail(StatusRuntimeException error, Class<T> type) {
        return details(error).stream().filter(any -> any.is(type)).findFirst().map(any -> unpack(any, type));
    }

    /** The fields that it finds bad, each with its reason. */
    public static List<String> violations(StatusRuntimeException error) {
        return detail(error, BadRequest.class).orElseThrow().getFieldViolationsList().stream()
                .map(violation -> violation.getField() + " " + violation.getReason())
                .toList();
    }

    /** All it carries; empty for the errors of gRPC itself. */
    public static List<Any> details(StatusRuntimeException error) {
        com.google.rpc.Status status = StatusProto.fromThrowable(error);
        return status == null ? List.of() : status.getDetailsList();
    }

    private static <T extends Message> T unpack(Any any, Class<T> type) {
        try {
            return any.unpack(type);
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }
}

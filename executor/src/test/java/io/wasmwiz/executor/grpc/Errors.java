package io.wasmwiz.executor.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
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
        com.google.rpc.Status status = StatusProto.fromThrowable(error);
        assertThat(status).isNotNull();
        assertThat(status.getDetailsList().stream().filter(any -> any.is(ErrorInfo.class)))
                .as("ErrorInfo of %s", error.getStatus())
                .hasSize(1);
        ErrorInfo info = detail(error, ErrorInfo.class).orElseThrow();
        assertThat(info.getDomain()).isEqualTo("wasmwiz.io");
        return info;
    }

    public static <T extends Message> Optional<T> detail(StatusRuntimeException error, Class<T> type) {
        com.google.rpc.Status status = StatusProto.fromThrowable(error);
        if (status == null) {
            return Optional.empty();
        }
        return status.getDetailsList().stream()
                .filter(any -> any.is(type))
                .findFirst()
                .map(any -> unpack(any, type));
    }

    private static <T extends Message> T unpack(Any any, Class<T> type) {
        try {
            return any.unpack(type);
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }
}

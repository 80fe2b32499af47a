package io.wasmwiz.executor;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import io.wasmwiz.executor.sandbox.Wat;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.File;
import io.wasmwiz.v1.Invoke;
import io.wasmwiz.v1.Limits;
import io.wasmwiz.v1.ModuleRef;
import io.wasmwiz.v1.Value;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Requests that a caller on tier Pro is to be refused: reason, field in BadRequest (empty: none), request. */
final class BadRequests {
    private static final byte[] LIBRARY =
            Wat.wasm("(module (func (export \"f\") (param i32 f64) (result i32) (local.get 0)))");

    private BadRequests() {}

    private static Invoke.Builder invoke(String export, Value.Builder... values) {
        Invoke.Builder invoke = Invoke.newBuilder().setExport(export);
        Arrays.stream(values).forEach(invoke::addArgs);
        return invoke;
    }

    private static Consumer<ExecuteRequest.Builder> library(Invoke.Builder invoke) {
        return request ->
                request.setModule(Programs.inline(LIBRARY).getModule()).setInvoke(invoke);
    }

    static Stream<Arguments> rows() {
        return Stream.of(
                row("MODULE_MISSING", "module", request -> request.clearModule()),
                row("MODULE_EMPTY", "", module(new byte[0])),
                row("MODULE_NOT_WASM", "", module(new byte[] {'M', 'Z', 1, 2, 3, 4, 5, 6, 7, 8})),
                row(
                        "MODULE_NOT_WASM",
                        "",
                        module("(module (func (export \"_start\")))".getBytes(StandardCharsets.UTF_8))),
                row("MODULE_TRUNCATED", "", module(Arrays.copyOf(Programs.HELLO, Programs.HELLO.length - 10))),
                row(
                        "MODULE_IMPORT_UNKNOWN",
                        "",
                        module(Wat.wasm("(module (import \"env\" \"magic\" (func)) (func (export \"_start\")))"))),
                row("MODULE_START_MISSING", "", module(Wat.wasm("(module (func))"))),
                row("MODULE_MEMORY_ABOVE_LIMIT", "", module(Programs.withMemory(8_193))),
                row(
                        "MODULE_MEMORY_ABOVE_LIMIT",
                        "",
                        request -> request.setModule(
                                        Programs.inline(Programs.withMemory(3)).getModule())
                                .setLimits(Limits.newBuilder().setMemoryBytes(131_072))),
                row("MODULE_TOO_LARGE", "module.inline", module(new byte[(10 << 20) + 1])),
                row(
                        "INPUT_TOO_LARGE",
                        "input",
                        request -> request.setInput(ByteString.copyFrom(new byte[(1 << 20) + 1]))),
                row(
                        "DIGEST_MALFORMED",
                        "module.digest",
                        request -> request.setModule(ModuleRef.newBuilder().setDigest("DEADBEEF"))),
                row(
                        "LIMIT_ABOVE_TIER",
                        "limits.run_time",
                        limits(limits -> limits.setRunTime(Duration.newBuilder().setSeconds(31)))),
                row(
                        "LIMIT_NOT_POSITIVE",
                        "limits.run_time",
                        limits(limits -> limits.setRunTime(Duration.getDefaultInstance()))),
                row(
                        "LIMIT_ABOVE_TIER",
                        "limits.memory_bytes",
                        limits(limits -> limits.setMemoryBytes((512L << 20) + 65_536))),
                row("LIMIT_NOT_POSITIVE", "limits.memory_bytes", limits(limits -> limits.setMemoryBytes(0))),
                row(
                        "MEMORY_NOT_PAGE_MULTIPLE",
                        "limits.memory_bytes",
                        limits(limits -> limits.setMemoryBytes(100_000))),
                row(
                        "LIMIT_ABOVE_SERVER",
                        "limits.stdout_bytes",
                        limits(limits -> limits.setStdoutBytes((1 << 20) + 1))),
                row("LIMIT_ABOVE_SERVER", "limits.stderr_bytes", limits(limits -> limits.setStderrBytes(-1))),
                row("INVOKE_OF_COMMAND", "invoke", request -> request.setInvoke(invoke("f"))),
                row("EXPORT_NAME_INVALID", "invoke.export", request -> request.setInvoke(invoke(""))),
                row("INVOKE_MISSING", "invoke", module(LIBRARY)),
                row("EXPORT_NOT_FOUND", "invoke.export", library(invoke("main"))),
                row(
                        "VALUE_COUNT_WRONG",
                        "invoke.args",
                        library(invoke("f", Value.newBuilder().setI32(1)))),
                row(
                        "VALUE_TYPE_WRONG",
                        "invoke.args[1]",
                        library(invoke(
                                "f",
                                Value.newBuilder().setI32(1),
                                Value.newBuilder().setI64(1)))),
                row("VALUE_MISSING", "invoke.args[0]", library(invoke("f", Value.newBuilder()))),
                row(
                        "TOO_MANY_VALUES",
                        "invoke.args",
                        library(invoke(
                                "f",
                                Collections.nCopies(17, Value.newBuilder().setI32(1))
                                        .toArray(Value.Builder[]::new)))),
                row("TOO_MANY_ARGS", "args", request -> request.addAllArgs(Collections.nCopies(65, "a"))),
                row("ARGS_TOO_LONG", "args", request -> request.addArgs("x".repeat(16_385))),
                row("ARG_HAS_NUL", "args[0]", request -> request.addArgs("a\0b")),
                row(
                        "TOO_MANY_ENV",
                        "env",
                        request -> IntStream.range(0, 65).forEach(i -> request.putEnv("K" + i, "v"))),
                row("ENV_TOO_LONG", "env", request -> request.putEnv("K", "x".repeat(16_384))),
                row("ENV_KEY_INVALID", "env", request -> request.putEnv("A=B", "v")),
                row("ENV_KEY_INVALID", "env", request -> request.putEnv("", "v")),
                row("ENV_VALUE_HAS_NUL", "env", request -> request.putEnv("A", "\0")),
                row(
                        "INPUT_TOO_LARGE",
                        "files",
                        request -> request.addFiles(file("a", (1 << 20) - 1)).addFiles(file("b", 0))),
                row(
                        "TOO_MANY_FILES",
                        "files",
                        request -> IntStream.range(0, 1_025).forEach(i -> request.addFiles(file("f" + i, 0)))),
                row("FILE_PATH_INVALID", "files[0].path", request -> request.addFiles(file("", 1))),
                row("FILE_PATH_INVALID", "files[0].path", request -> request.addFiles(file("/etc/passwd", 1))),
                row("FILE_PATH_INVALID", "files[0].path", request -> request.addFiles(file("a/../b", 1))),
                row("FILE_PATH_INVALID", "files[0].path", request -> request.addFiles(file("a//b", 1))),
                row("FILE_PATH_INVALID", "files[0].path", request -> request.addFiles(file("a\0b", 1))),
                row(
                        "FILE_PATH_TAKEN",
                        "files[1].path",
                        request -> request.addFiles(file("a", 1)).addFiles(file("a", 1))),
                row(
                        "FILE_PATH_TAKEN",
                        "files[1].path",
                        request -> request.addFiles(file("a/b", 1)).addFiles(file("a", 1))),
                row("REQUEST_ID_MALFORMED", "request_id", request -> request.setRequestId("42")));
    }

    private static Arguments row(String reason, String field, Consumer<ExecuteRequest.Builder> change) {
        ExecuteRequest.Builder request = Programs.inline(Programs.HELLO).toBuilder();
        change.accept(request);
        return Arguments.of(reason, field, request.build());
    }

    private static File file(String path, int bytes) {
        return File.newBuilder()
                .setPath(path)
                .setContent(ByteString.copyFrom(new byte[bytes]))
                .build();
    }

    private static Consumer<ExecuteRequest.Builder> module(byte[] module) {
        return request -> request.setModule(Programs.inline(module).getModule());
    }

    private static Consumer<ExecuteRequest.Builder> limits(Consumer<Limits.Builder> change) {
        return request -> change.accept(request.getLimitsBuilder());
    }
}

package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.FileTree;
import io.wasmwiz.executor.sandbox.Invocation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.RunResult.Cause;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import io.wasmwiz.executor.sandbox.RunResult.Refused;
import io.wasmwiz.executor.sandbox.RunUsage;
import io.wasmwiz.executor.sandbox.Signature;
import io.wasmwiz.executor.sandbox.StartConditions;
import io.wasmwiz.executor.sandbox.TrapKind;
import io.wasmwiz.executor.sandbox.Value;
import io.wasmwiz.executor.sandbox.ValueType;
import io.wasmwiz.executor.sandbox.process.FrameReader.ProtocolException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The bodies of frames: each {@code write} has its {@code read}. */
final class RunCodec {
    /** What a result takes beside the guest's output; details of ends, backtraces and refusals are shorter. */
    static final int RESULT_BYTES = 1 << 16;

    private static final int MAX_BACKTRACE = 64;

    private static final byte REFUSED = 0;
    private static final byte EXITED = 1;
    private static final byte TRAPPED = 2;
    private static final byte TIMED_OUT = 3;
    private static final byte CANCELLED = 4;
    private static final byte CRASHED = 5;

    /** Names a module whose bytes were sent before. */
    record ModuleKey(UUID accountId, ModuleDigest digest) {
        static ModuleKey of(ModuleCode module) {
            return new ModuleKey(module.accountId(), module.digest());
        }
    }

    /** What a module is to its process. */
    static void writeKey(FrameWriter out, ModuleCode module) {
        out.put(module.accountId()).put(module.digest().sha256());
    }

    static ModuleKey readKey(FrameReader in) throws ProtocolException {
        UUID accountId = in.getId();
        try {
            return new ModuleKey(accountId, ModuleDigest.ofSha256(in.getBytes()));
        } catch (IllegalArgumentException e) {
            throw new ProtocolException("not a digest");
        }
    }

    static void writeRequest(FrameWriter out, RunRequest request) {
        RunLimits limits = request.limits();
        out.put(limits.runTime().toNanos())
                .put(limits.memoryPages())
                .put(limits.stdoutBytes())
                .put(limits.stderrBytes())
                .put(request.arguments().size());
        request.arguments().forEach(out::put);
        out.put(request.environment().size());
        request.environment().forEach((name, value) -> out.put(name).put(value));
        List<FileTree.File> files = request.files().files();
        out.put(files.size());
        files.forEach(file -> out.put(file.path()).put(file.content()));
        writeInvocation(out, request.invocation());
        out.put(request.input());
    }

    private static void writeInvocation(FrameWriter out, Optional<Invocation> invocation) {
        out.put(bit(invocation.isPresent()));
        invocation.ifPresent(call -> {
            out.put(call.export());
            writeValues(out, call.arguments());
        });
    }

    private static Optional<Invocation> readInvocation(FrameReader in) throws ProtocolException {
        return in.getBoolean() ? Optional.of(new Invocation(in.getString(), readValues(in))) : Optional.empty();
    }

    private static void writeValues(FrameWriter out, List<Value> values) {
        out.put((byte) values.size());
        values.forEach(value -> out.put((byte) value.type().ordinal()).put(value.bits()));
    }

    private static List<Value> readValues(FrameReader in) throws ProtocolException {
        int count = in.getByte();
        if (count < 0 || count > Signature.MAX_VALUES) {
            throw new ProtocolException("not a list of values");
        }
        List<Value> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.add(new Value(constant(ValueType.values(), in.getByte()), in.getLong()));
        }
        return values;
    }

    static RunRequest readRequest(FrameReader in, ModuleCode module, StartConditions start) throws ProtocolException {
        var limits = new RunLimits(Duration.ofNanos(in.getLong()), in.getInt(), in.getInt(), in.getInt());
        List<String> arguments = new ArrayList<>();
        for (int left = in.getInt(); left > 0; left--) {
            arguments.add(in.getString());
        }
        Map<String, String> environment = new HashMap<>();
        for (int left = in.getInt(); left > 0; left--) {
            environment.put(in.getString(), in.getString());
        }
        FileTree files = readFiles(in);
        Optional<Invocation> invocation = readInvocation(in);
        return new RunRequest(module, in.getBytes(), arguments, environment, files, limits, invocation, start);
    }

    private static FileTree readFiles(FrameReader in) throws ProtocolException {
        int count = in.getInt();
        if (count < 0 || count > FileTree.MAX_FILES) {
            throw new ProtocolException("not a tree of files");
        }
        List<FileTree.File> files = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            files.add(new FileTree.File(in.getString(), in.getBytes()));
        }
        try {
            return FileTree.of(files);
        } catch (IllegalArgumentException e) {
            throw new ProtocolException("not a tree of files");
        }
    }

    static void writeResult(FrameWriter out, RunResult result) {
        if (result instanceof Refused refused) {
            out.put(REFUSED).put((byte) refused.cause().ordinal()).put(refused.message());
            return;
        }
        Ran ran = (Ran) result;
        writeEnd(out, ran.end());
        RunUsage usage = ran.usage();
        out.put(ran.refusedGrowths())
                .put(ran.stdout())
                .put(ran.stderr())
                .put(bit(ran.stdoutTruncated()))
                .put(bit(ran.stderrTruncated()))
                .put(bit(ran.outputLost()))
                .put(usage.queueNanos())
                .put(usage.wallNanos())
                .put(usage.cpuNanos())
                .put(usage.peakMemoryBytes())
                .put(bit(usage.cacheHit()));
    }

    private static void writeEnd(FrameWriter out, End end) {
        if (end instanceof End.Exited exited) {
            out.put(EXITED).put(exited.code());
            writeValues(out, exited.results());
        } else if (end instanceof End.Trapped trapped) {
            out.put(TRAPPED).put((byte) trapped.kind().ordinal()).put(trapped.detail());
            out.put(trapped.backtrace().size());
            trapped.backtrace().forEach(out::put);
        } else if (end instanceof End.TimedOut) {
            out.put(TIMED_OUT);
        } else if (end instanceof End.Cancelled) {
            out.put(CANCELLED);
        } else {
            out.put(CRASHED).put(((End.Crashed) end).detail());
        }
    }

    static RunResult readResult(FrameReader in) throws ProtocolException {
        byte kind = in.getByte();
        if (kind == REFUSED) {
            return new Refused(constant(Cause.values(), in.getByte()), in.getString());
        }
        End end = switch (kind) {
            case EXITED -> new End.Exited(in.getInt() & 0xff, readValues(in));
            case TRAPPED ->
                new End.Trapped(constant(TrapKind.values(), in.getByte()), in.getString(), readBacktrace(in));
            case TIMED_OUT -> new End.TimedOut();
            case CANCELLED -> new End.Cancelled();
            case CRASHED -> new End.Crashed(in.getString());
            default -> throw new ProtocolException("not an end");
        };
        return new Ran(
                end,
                in.getInt(),
                in.getBytes(),
                in.getBytes(),
                in.getBoolean(),
                in.getBoolean(),
                in.getBoolean(),
                new RunUsage(in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getBoolean()));
    }

    private static List<String> readBacktrace(FrameReader in) throws ProtocolException {
        int lines = in.getInt();
        if (lines < 0 || lines > MAX_BACKTRACE) {
            throw new ProtocolException("not a backtrace");
        }
        List<String> backtrace = new ArrayList<>(lines);
        for (int i = 0; i < lines; i++) {
            backtrace.add(in.getString());
        }
        return backtrace;
    }

    static void writeCompilation(FrameWriter out, Compilation compilation) {
        if (compilation instanceof Compilation.Compiled compiled) {
            out.put(EXITED).put(bit(compiled.cached()));
        } else if (compilation instanceof Compilation.Rejected rejected) {
            out.put(REFUSED).put(rejected.message());
        } else {
            out.put(CRASHED).put(((Compilation.Unavailable) compilation).message());
        }
    }

    static Compilation readCompilation(FrameReader in) throws ProtocolException {
        return switch (in.getByte()) {
            case EXITED -> new Compilation.Compiled(in.getBoolean());
            case REFUSED -> new Compilation.Rejected(in.getString());
            case CRASHED -> new Compilation.Unavailable(in.getString());
            default -> throw new ProtocolException("not a compilation");
        };
    }

    private static byte bit(boolean value) {
        return (byte) (value ? 1 : 0);
    }

    private static <T> T constant(T[] constants, byte ordinal) throws ProtocolException {
        if (ordinal < 0 || ordinal >= constants.length) {
            throw new ProtocolException("no such constant");
        }
        return constants[ordinal];
    }

    private RunCodec() {}
}

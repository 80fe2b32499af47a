package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import io.wasmwiz.executor.sandbox.RunUsage;
import io.wasmwiz.executor.sandbox.StartConditions;
import io.wasmwiz.executor.sandbox.process.SandboxProcessMain.Role;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.LockSupport;

/** A process that runs nothing: what it does with a run, the run's first argument says. It compiles as any other does. */
public final class LyingSandboxMain {
    /** Marks the run's start, tells nobody, and dies. */
    static final String DIE_AFTER_MARK = "die-after-mark";
    /** Marks the run's start, says that it is still to come, and hangs. */
    static final String HANG_AFTER_MARK = "hang-after-mark";
    /** Keeps the run's result, marks the start of a run that is not there, and dies. */
    static final String DIE_AFTER_RESULT = "die-after-result";
    /** Marks the start of a run that is not there, claims to have kept what it has not, cuts the file off, and dies. */
    static final String LIE = "lie";

    static final Ran RESULT = new Ran(
            new End.Exited(3), 0, new byte[] {1}, new byte[] {2}, false, true, false, new RunUsage(1, 2, 2, 4, true));

    private static final long ELSEWHERE = 1_000_000;

    /** Serves until it dies; never returns. */
    public static void main(String[] arguments) throws IOException {
        if (Role.valueOf(arguments[0]) == Role.COMPILE) {
            SandboxProcessMain.main(arguments);
        }
        Path file = Path.of(arguments[3]);
        KeptReplies kept = KeptReplies.open(file);
        var out = new FrameWriter(new FileOutputStream(FileDescriptor.out));
        out.begin(Frame.READY, 0).end();
        int sent = out.bytes();
        out.flush();
        FrameReader in = new FrameReader(new FileInputStream(FileDescriptor.in));
        ModuleCode module = null;
        while (in.next()) {
            in.body(Integer.MAX_VALUE);
            if (in.kind() == Frame.MODULE) {
                module = SandboxProcessMain.readModule(in);
            } else if (in.kind() == Frame.RUN && module != null) {
                RunCodec.readKey(in);
                RunRequest request = RunCodec.readRequest(in, module, StartConditions.none());
                answer(in.job(), request.arguments().get(0), kept, file, sent);
            }
        }
    }

    private static void answer(long job, String lie, KeptReplies kept, Path file, int sent) throws IOException {
        switch (lie) {
            case DIE_AFTER_MARK -> kept.started(job, System.nanoTime());
            case HANG_AFTER_MARK -> {
                kept.started(job, Long.MAX_VALUE);
                LockSupport.park();
            }
            case DIE_AFTER_RESULT -> {
                var result = new FrameWriter(new FileOutputStream(FileDescriptor.err));
                result.begin(Frame.RESULT, job);
                RunCodec.writeResult(result, RESULT);
                result.end();
                kept.keep(sent, result.collected(0));
                kept.started(job + ELSEWHERE, System.nanoTime());
            }
            case LIE -> {
                kept.keep(sent + 1_000, ByteBuffer.allocate(100));
                kept.started(job + ELSEWHERE, System.nanoTime());
                try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.truncate(KeptReplies.RING);
                }
            }
            default -> throw new IllegalArgumentException(lie);
        }
        Runtime.getRuntime().halt(1);
    }

    private LyingSandboxMain() {}
}

package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.wasmtime.ModuleCompiler;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/**
 * A sandbox process: takes frames from standard input, answers on standard output, and ends when standard input does.
 * Started by the executor, never by hand; its arguments are its {@link Role}, the file of the engine's cache settings, the
 * epoch tick in milliseconds and the file of its {@link KeptReplies}.
 */
public final class SandboxProcessMain {
    private static final int FAILED = 70;

    /** What a process is for. */
    enum Role {
        RUN,
        COMPILE;

        /** In lower case, for people and metrics. */
        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private SandboxProcessMain() {}

    /** Serves until standard input ends; never returns. */
    public static void main(String[] arguments) {
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        // Whatever else is printed must not get between the frames.
        System.setOut(System.err);
        int status = FAILED;
        try {
            volunteerForTheOomKiller();
            serve(
                    Role.valueOf(arguments[0]),
                    Path.of(arguments[1]),
                    Duration.ofMillis(Long.parseLong(arguments[2])),
                    new FrameReader(new FileInputStream(FileDescriptor.in)),
                    new Replies(out, KeptReplies.open(Path.of(arguments[3]))));
            status = 0;
        } catch (Throwable t) {
            t.printStackTrace();
        } finally {
            // Threads inside of the engine cannot be stopped, and there is nothing to save.
            Runtime.getRuntime().halt(status);
        }
    }

    private static void serve(Role role, Path cacheSettings, Duration epochTick, FrameReader requests, Replies replies)
            throws IOException {
        switch (role) {
            case RUN -> {
                try (ServedRuns runs = new ServedRuns(ServedRuns.sandbox(cacheSettings, epochTick), replies)) {
                    replies.ready();
                    runs.serve(requests);
                }
            }
            case COMPILE -> {
                try (ModuleCompiler compiler = ModuleCompiler.open(cacheSettings)) {
                    replies.ready();
                    ServedCompilations.serve(requests, compiler, replies);
                }
            }
        }
    }

    /** If the machine runs out of memory, this process goes first and its executor stays. */
    private static void volunteerForTheOomKiller() {
        try {
            Files.writeString(Path.of("/proc/self/oom_score_adj"), "1000");
        } catch (IOException e) {
            // It is an order of preference only, and /proc may be hidden.
        }
    }

    /** A module as it comes in a frame. */
    static ModuleCode readModule(FrameReader frame) throws IOException {
        RunCodec.ModuleKey key = RunCodec.readKey(frame);
        return new ModuleCode(key.accountId(), key.digest(), frame.getBytes());
    }
}

package io.wasmwiz.executor.sandbox.process;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRun;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.StartConditions;
import io.wasmwiz.executor.sandbox.process.RunCodec.ModuleKey;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import io.wasmwiz.executor.sandbox.wasmtime.WasmtimeSandbox;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The child's side of running: hands runs to a sandbox of one worker. Frames come on one thread. */
final class ServedRuns implements AutoCloseable {
    /** Bytes of modules that are kept for later runs. */
    private static final long MODULE_BYTES = 64L << 20;

    /** Of fewer runs here, each reply leaves at once. */
    private static final int WAIT_RUNS = 4;
    /** A module whose last run took no longer is expected to end soon. */
    private static final long SHORT_NANOS = 100_000;

    private static final QueueConfig QUEUE =
            new QueueConfig(2 * SandboxProcess.MAX_IN_FLIGHT, 2 * SandboxProcess.MAX_IN_FLIGHT, Duration.ofMinutes(10));

    private final Map<Long, Served> runs = new ConcurrentHashMap<>();
    private final RecentModules<Held> modules = new RecentModules<>(MODULE_BYTES, held -> held.code.bytes().length);
    /** Runs not started whose module may have to be loaded, which takes its time. */
    private final AtomicInteger cold = new AtomicInteger();

    private final SandboxRuntime sandbox;
    private final Replies replies;

    /** Over {@code sandbox}, which it closes. */
    ServedRuns(SandboxRuntime sandbox, Replies replies) {
        this.sandbox = sandbox;
        this.replies = replies;
    }

    /** A sandbox of one worker that finds compiled code where {@code cacheSettings} says. */
    static SandboxRuntime sandbox(Path cacheSettings, Duration epochTick) {
        SandboxConfig config = new SandboxConfig(1, QUEUE, epochTick);
        return WasmtimeSandbox.open(config, new SimpleMeterRegistry(), cacheSettings);
    }

    void serve(FrameReader frames) throws IOException {
        while (frames.next()) {
            frames.body(Integer.MAX_VALUE);
            long job = frames.job();
            switch (frames.kind()) {
                case MODULE -> {
                    ModuleCode module = SandboxProcessMain.readModule(frames);
                    modules.put(ModuleKey.of(module), new Held(module));
                }
                case RUN -> run(job, frames);
                case CANCEL -> with(job, Served::cancel);
                case RECALL -> with(job, Served::recall);
                default -> throw new FrameReader.ProtocolException("no request: " + frames.kind());
            }
        }
    }

    private void with(long job, java.util.function.Consumer<Served> action) {
        Served run = runs.get(job);
        if (run != null) {
            action.accept(run);
        }
    }

    private void run(long job, FrameReader frame) throws IOException {
        Held module = modules.get(RunCodec.readKey(frame));
        if (module == null) {
            replies.notRun(Frame.MODULE_UNKNOWN, job);
            return;
        }
        Served run = new Served(job, module);
        StartConditions start =
                new StartConditions(Integer.MAX_VALUE, StartConditions.none().startByNanos(), run::start);
        RunRequest request = RunCodec.readRequest(frame, module.code, start);
        runs.put(job, run);
        run.begin(sandbox.run(request));
    }

    @Override
    public void close() {
        sandbox.close();
    }

    /** A module here. */
    private static final class Held {
        final ModuleCode code;
        volatile boolean hasRun;
        /** How long its last run took. */
        volatile long lastNanos = Long.MAX_VALUE;

        Held(ModuleCode code) {
            this.code = code;
        }
    }

    /** A run here. It starts, or it is recalled, never both. */
    private final class Served {
        private enum State {
            WAITING,
            STARTED,
            RECALLED
        }

        private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
        private final AtomicBoolean warm;
        private final Held module;
        private final long job;
        private volatile @Nullable SandboxRun run;

        Served(long job, Held module) {
            this.job = job;
            this.module = module;
            this.warm = new AtomicBoolean(module.hasRun);
            if (!warm.get()) {
                cold.incrementAndGet();
            }
        }

        private void becomeWarm() {
            if (warm.compareAndSet(false, true)) {
                cold.decrementAndGet();
            }
        }

        void begin(SandboxRun begun) {
            run = begun;
            begun.result().thenAccept(this::end);
        }

        /** Asked by the sandbox right before the guest's code may be executed. */
        boolean start() {
            if (!state.compareAndSet(State.WAITING, State.STARTED)) {
                return false;
            }
            module.hasRun = true;
            becomeWarm();
            replies.started(job, module.lastNanos <= SHORT_NANOS && runs.size() >= WAIT_RUNS);
            return true;
        }

        private void end(RunResult result) {
            runs.remove(job);
            becomeWarm();
            if (result instanceof RunResult.Ran ran) {
                module.lastNanos = ran.usage().wallNanos();
            }
            if (state.get() != State.RECALLED) {
                replies.result(job, result, () -> !runs.isEmpty() && cold.get() == 0);
            }
        }

        void cancel() {
            SandboxRun begun = run;
            if (begun != null) {
                begun.cancel();
            }
        }

        void recall() {
            if (state.compareAndSet(State.WAITING, State.RECALLED)) {
                cancel();
                runs.remove(job);
                replies.notRun(Frame.NOT_STARTED, job);
            }
        }
    }
}

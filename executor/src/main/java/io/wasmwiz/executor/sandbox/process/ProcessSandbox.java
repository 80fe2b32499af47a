package io.wasmwiz.executor.sandbox.process;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.RunResult.Cause;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRun;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.process.RunCodec.ModuleKey;
import io.wasmwiz.executor.sandbox.process.SandboxProcessMain.Role;
import io.wasmwiz.executor.sandbox.queue.FairQueue;
import io.wasmwiz.executor.sandbox.queue.LateTasks;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import io.wasmwiz.executor.sandbox.wasmtime.SandboxMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs guests in processes of their own, one at a time in each: what kills a process costs the run in it and no other.
 * Modules are compiled in other processes, which may be killed, too; a run starts only when its module's code is on disk.
 */
public final class ProcessSandbox implements SandboxRuntime {
    /** Modules whose last run time is remembered. */
    private static final long KNOWN_MODULES = 100_000;
    /** Processes that a run may kill before it starts. */
    private static final int START_ATTEMPTS = 3;

    private final ConcurrentMap<ModuleKey, CompletableFuture<CompileJob.Outcome>> compiling = new ConcurrentHashMap<>();
    private final Cache<ModuleKey, Long> runNanos =
            Caffeine.newBuilder().maximumSize(KNOWN_MODULES).build();
    private final AtomicInteger awaitingCode = new AtomicInteger();
    private final QueueConfig queueConfig;
    private final ProcessConfig config;
    private final SandboxMetrics metrics;
    private final ProcessMetrics processMetrics;
    private final Isolation isolation;
    private final CacheDirectory directory;
    private final CodeCache code;
    private final Launcher launcher;
    private final FairQueue<Job> runs;
    private final FairQueue<Job> modules;
    private final ProcessPool runners;
    private final ProcessPool compilers;
    private volatile boolean closed;

    private ProcessSandbox(
            SandboxConfig sandbox, ProcessConfig config, MeterRegistry registry, Launcher.Program program) {
        this.queueConfig = sandbox.queue();
        this.config = config;
        this.metrics = new SandboxMetrics(registry);
        this.processMetrics = new ProcessMetrics(registry);
        this.isolation = Isolation.probe(config.firstUserId());
        this.directory = CacheDirectory.open(config.codeCacheDirectory(), isolation);
        this.code = CodeCache.open(directory, config.codeCacheBytes(), config.codeCacheFiles());
        this.launcher = new Launcher(
                config,
                isolation,
                ChildClassPath.of(
                        List.of(program.main()),
                        isolation.switchesUsers(),
                        directory.path().resolve("lib")),
                program,
                sandbox.epochTick());
        this.runs = new FairQueue<>(sandbox.queue(), System::nanoTime, job -> job.refuse(FairQueue.Offer.LATE));
        this.modules = new FairQueue<>(sandbox.queue(), System::nanoTime, job -> job.refuse(FairQueue.Offer.LATE));
        this.runners = new ProcessPool(runs, PoolConfig.run(config), new Runs(), processMetrics, starter(Role.RUN));
        this.compilers = new ProcessPool(
                modules, PoolConfig.compile(config), new Modules(), processMetrics, starter(Role.COMPILE));
        metrics.queue(() -> awaitingCode.get() + runs.size() + runners.notStarted(), runs::inProgress);
        processMetrics.code(code);
    }

    /**
     * Starts processes and waits for those that are kept.
     *
     * @param sandbox checked by the caller
     * @param config checked by the caller
     * @param metrics where the sandbox's meters go
     * @throws IllegalStateException when processes do not start here, or the code cache cannot be used
     */
    public static ProcessSandbox open(SandboxConfig sandbox, ProcessConfig config, MeterRegistry metrics) {
        return open(sandbox, config, metrics, Launcher.Program.SANDBOX);
    }

    static ProcessSandbox open(
            SandboxConfig config, ProcessConfig processes, MeterRegistry metrics, Launcher.Program program) {
        var sandbox = new ProcessSandbox(config, processes, metrics, program);
        try {
            Thread lateRuns = LateTasks.watch(sandbox.runs);
            Thread lateModules = LateTasks.watch(sandbox.modules);
            sandbox.runners.start();
            sandbox.compilers.start();
            sandbox.runners.awaitKept();
            sandbox.compilers.awaitKept();
            return sandbox;
        } catch (RuntimeException | Error e) {
            sandbox.close();
            throw e;
        }
    }

    private Processes.Starter starter(Role role) {
        return (owner, slot) -> {
            try {
                int userId = isolation.userId(role, slot);
                Path settings = role == Role.COMPILE ? code.compilerSettings(slot, userId) : code.runSettings();
                Path kept = directory.makeFile("replies-" + role.word() + "-" + slot, KeptReplies.FILE_BYTES, userId);
                return launcher.start(role, slot, settings, kept)
                        .thenApply(child -> SandboxProcess.of(owner, slot, child, kept));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot prepare the files of a sandbox process", e);
            }
        };
    }

    @Override
    public CompletionStage<Compilation> compile(ModuleCode module) {
        ModuleKey key = ModuleKey.of(module);
        if (!closed && code.holds(key)) {
            return CompletableFuture.completedFuture(new Compilation.Compiled(true));
        }
        return compiled(key, module).thenApply(CompileJob.Outcome::compilation);
    }

    /** One compilation for all who wait for the same module. */
    private CompletionStage<CompileJob.Outcome> compiled(ModuleKey key, ModuleCode module) {
        CompletableFuture<CompileJob.Outcome> mine = new CompletableFuture<>();
        CompletableFuture<CompileJob.Outcome> other = compiling.putIfAbsent(key, mine);
        if (other != null) {
            return other;
        }
        long startNanos = System.nanoTime();
        CompileJob job = new CompileJob(
                module,
                code,
                config.compileTimeout(),
                startNanos + queueConfig.maxWait().toNanos(),
                again -> modules.offer(again) == FairQueue.Offer.ACCEPTED);
        job.result().thenAccept(outcome -> {
            processMetrics.compiled(outcome.compilation(), System.nanoTime() - startNanos);
            compiling.remove(key, mine);
            boolean unused = mine.complete(outcome);
        });
        FairQueue.Offer offer = modules.offer(job);
        if (offer != FairQueue.Offer.ACCEPTED) {
            job.refuse(offer);
        }
        return mine;
    }

    @Override
    public SandboxRun run(RunRequest request) {
        boolean ready = code.holds(ModuleKey.of(request.module()));
        RunJob run = new RunJob(request, ready, this::cancel);
        run.result().thenAccept(result -> ended(run, result));
        if (ready) {
            offer(run);
        } else {
            compileAndOffer(run);
        }
        return run;
    }

    private void offer(RunJob run) {
        if (run.hasEnded()) {
            return;
        }
        FairQueue.Offer offer = runs.offer(run);
        if (offer != FairQueue.Offer.ACCEPTED) {
            run.refuse(offer);
        } else if (run.isCancelled() && runs.remove(run)) {
            run.refuseCancelled();
        }
    }

    private void compileAndOffer(RunJob run) {
        if (awaitingCode.incrementAndGet() > queueConfig.capacity()) {
            awaitingCode.decrementAndGet();
            run.refuse(FairQueue.Offer.FULL);
            return;
        }
        run.awaitCode();
        compiled(run.key(), run.module()).thenAccept(outcome -> {
            if (!run.leaveCode()) {
                return;
            }
            awaitingCode.decrementAndGet();
            if (outcome.offer() != FairQueue.Offer.ACCEPTED) {
                run.refuse(outcome.offer());
            } else if (closed) {
                run.refuse(FairQueue.Offer.CLOSED);
            } else if (outcome.compilation() instanceof Compilation.Rejected rejected) {
                run.refuse(Cause.MODULE_REJECTED, rejected.message());
            } else if (outcome.compilation() instanceof Compilation.Unavailable unavailable) {
                run.refuse(Cause.QUEUE_FULL, unavailable.message());
            } else {
                offer(run);
            }
        });
    }

    private void cancel(RunJob run) {
        SandboxProcess process = run.process();
        if (run.leaveCode()) {
            awaitingCode.decrementAndGet();
            run.refuseCancelled();
        } else if (runs.remove(run)) {
            run.refuseCancelled();
        } else if (process != null) {
            process.cancel(run);
        }
    }

    private void ended(RunJob run, RunResult result) {
        metrics.ended(result);
        if (result instanceof RunResult.Ran ran) {
            runNanos.put(run.key(), ran.usage().wallNanos());
        }
    }

    /** Ends the processes, and with them what runs. */
    @Override
    public void close() {
        closed = true;
        compilers.close();
        runners.close();
        launcher.close();
        code.close();
    }

    private final class Runs implements ProcessPool.Work {
        @Override
        public long expectedNanos(Job job) {
            Long last = runNanos.getIfPresent(job.key());
            return last == null ? Long.MAX_VALUE : last;
        }

        /** Its code is not what it should be, or too much for a process: it is compiled anew. */
        @Override
        public void loadFailed(Job job, int attempts, Death death) {
            code.remove(job.key());
            RunJob run = (RunJob) job;
            if (attempts < START_ATTEMPTS) {
                compileAndOffer(run);
            } else {
                run.refuse(Cause.MODULE_REJECTED, "the sandbox did not survive loading the module: " + death.detail());
            }
        }
    }

    private final class Modules implements ProcessPool.Work {
        @Override
        public long expectedNanos(Job job) {
            return Long.MAX_VALUE;
        }

        /** A compiler says when it starts, so this one died before it read the module: the next one may have it. */
        @Override
        public void loadFailed(Job job, int attempts, Death death) {
            if (attempts < START_ATTEMPTS && modules.offer(job) == FairQueue.Offer.ACCEPTED) {
                return;
            }
            ((CompileJob) job).unavailable("the compiler is not available: " + death.detail());
        }
    }
}

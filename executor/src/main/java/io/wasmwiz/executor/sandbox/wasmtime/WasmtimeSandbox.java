package io.wasmwiz.executor.sandbox.wasmtime;

import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRun;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.queue.FairQueue;
import io.wasmwiz.executor.sandbox.queue.LateTasks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs guests in this process, each on one of a fixed number of threads. A fault in the engine takes the process with it, and
 * a module that is slow to compile holds a worker: for tests and for trusted modules.
 */
public final class WasmtimeSandbox implements SandboxRuntime {
    /** A worker that compiles cannot be stopped; closing waits this long for it and then leaves it to the process. */
    private static final long CLOSE_SECONDS = 10;

    private static final Logger log = LoggerFactory.getLogger(WasmtimeSandbox.class);

    private final FairQueue<Task> queue;
    private final long maxWaitNanos;
    private final @Nullable CompileCache ownCache;
    private final SandboxMetrics metrics;
    private final List<Worker> workers = new ArrayList<>();
    private final EpochTicker ticker;

    private WasmtimeSandbox(
            SandboxConfig config, MeterRegistry registry, Path cacheSettings, @Nullable CompileCache ownCache) {
        this.queue = new FairQueue<>(config.queue(), System::nanoTime, task -> task.refuse(FairQueue.Offer.LATE));
        this.maxWaitNanos = config.queue().maxWait().toNanos();
        this.metrics = new SandboxMetrics(registry);
        metrics.queue(queue::size, queue::inProgress);
        this.ownCache = ownCache;
        var shared = new CompiledModules.Shared(metrics);
        for (int number = 0; number < config.workers(); number++) {
            workers.add(new Worker(number, queue, cacheSettings, shared));
        }
        this.ticker = EpochTicker.start(workers, config.epochTick());
    }

    /**
     * Starts the workers and waits until each has its engine. Compiled code is shared by the workers in a directory that
     * goes with them.
     *
     * @param config checked by the caller
     * @param metrics where the sandbox's meters go
     * @throws java.util.concurrent.CompletionException if an engine does not start
     */
    public static WasmtimeSandbox open(SandboxConfig config, MeterRegistry metrics) {
        CompileCache cache = CompileCache.open();
        return started(new WasmtimeSandbox(config, metrics, cache.settings(), cache));
    }

    /**
     * As {@link #open(SandboxConfig, MeterRegistry)}, with compiled code where somebody else keeps it.
     *
     * @param cacheSettings the engine's file of cache settings
     */
    public static WasmtimeSandbox open(SandboxConfig config, MeterRegistry metrics, Path cacheSettings) {
        return started(new WasmtimeSandbox(config, metrics, cacheSettings, null));
    }

    private static WasmtimeSandbox started(WasmtimeSandbox sandbox) {
        try {
            Thread unused = LateTasks.watch(sandbox.queue);
            sandbox.workers.forEach(Worker::start);
            sandbox.workers.forEach(Worker::awaitReady);
            return sandbox;
        } catch (RuntimeException | Error e) {
            sandbox.close();
            throw e;
        }
    }

    @Override
    public CompletionStage<Compilation> compile(ModuleCode module) {
        var task = new CompileTask(module, System.nanoTime() + maxWaitNanos);
        offer(task);
        return task.result();
    }

    @Override
    public SandboxRun run(RunRequest request) {
        var run = new RunTask(request, queue, metrics);
        offer(run);
        return run;
    }

    private void offer(Task task) {
        FairQueue.Offer offer = queue.offer(task);
        if (offer != FairQueue.Offer.ACCEPTED) {
            task.refuse(offer);
        }
    }

    @Override
    public void close() {
        queue.close().forEach(task -> task.refuse(FairQueue.Offer.CLOSED));
        workers.forEach(Worker::close);
        try {
            long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
            for (Worker worker : workers) {
                long left = Math.max(1_000_000, deadlineNanos - System.nanoTime());
                if (!worker.awaitEnd(left, TimeUnit.NANOSECONDS)) {
                    log.atWarn().log("sandbox worker is still compiling and was left behind");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        ticker.close();
        if (ownCache != null) {
            ownCache.close();
        }
    }
}

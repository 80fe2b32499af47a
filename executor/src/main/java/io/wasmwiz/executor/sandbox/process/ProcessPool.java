package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.process.Death.Kill;
import io.wasmwiz.executor.sandbox.process.SandboxProcess.State;
import io.wasmwiz.executor.sandbox.queue.FairQueue;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Gives jobs from a queue to processes of one role. An idle process comes first; only when there is none, a job that is
 * likely to wait for no more than a millisecond is sent ahead to a busy one, so that no process waits for its next job.
 *
 * <p>When a process dies, a job that had started ends there, and the others go elsewhere. If none had started, one of them
 * may have killed it while it was loaded: each is tried again alone, and the one that kills another process alone is
 * handed to {@code onLoadFailure}.
 *
 * <p>Thread-safe. Whoever brings or ends a job gives out jobs, one thread at a time and without a lock.
 */
final class ProcessPool implements SandboxProcess.Owner, AutoCloseable {
    /** Where jobs in a pool come from and what becomes of them beside their own end. */
    interface Work {
        /** How long a job is likely to take; {@link Long#MAX_VALUE} when nobody knows. */
        long expectedNanos(Job job);

        /** It killed {@code attempts} processes, the last one alone, before it started. It is in no queue any more. */
        void loadFailed(Job job, int attempts, Death death);
    }

    private final FairQueue<Job> queue;
    private final PoolConfig config;
    private final Work work;
    private final ProcessMetrics metrics;
    private final Processes processes;
    /** Jobs whose process died before any job in it started; still in progress for the queue. */
    private final Deque<Job> suspects = new ConcurrentLinkedDeque<>();

    private final AtomicInteger dispatching = new AtomicInteger();

    ProcessPool(FairQueue<Job> queue, PoolConfig config, Work work, ProcessMetrics metrics, Processes.Starter starter) {
        this.queue = queue;
        this.config = config;
        this.work = work;
        this.metrics = metrics;
        this.processes = new Processes(config, metrics, slot -> starter.start(this, slot), this::demand);
        queue.onTakeable(this::dispatch);
        metrics.watch(config.role(), processes::inState);
    }

    /** Starts the processes that are kept. */
    void start() {
        processes.begin();
    }

    /** Waits for the processes that are kept; throws what kept one of them from being there. */
    void awaitKept() {
        processes.awaitKept();
    }

    /** Jobs that were taken from the queue and have not started. */
    int notStarted() {
        return suspects.size() + processes.sum(SandboxProcess::notStarted);
    }

    /** Gives out what can be given out. A caller that comes while another does leaves it to that one. */
    private void dispatch() {
        if (dispatching.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        try {
            do {
                while (sendOne()) {}
                seen = dispatching.addAndGet(-seen);
            } while (seen != 0);
        } finally {
            if (seen != 0) {
                // A fault ends this turn; the next caller takes it up.
                dispatching.set(0);
            }
        }
    }

    private boolean sendOne() {
        SandboxProcess process = processes.leastBusy(config.aheadNanos());
        if (process == null) {
            return false;
        }
        boolean alone = process.isIdle();
        if (!alone && !suspects.isEmpty()) {
            // Or the suspects would wait for a process to run dry.
            return false;
        }
        Job suspect = alone ? suspects.poll() : null;
        Optional<Job> next = suspect != null ? Optional.of(suspect) : queue.poll();
        if (next.isEmpty()) {
            return false;
        }
        Job job = next.get();
        if (!job.mayStart()) {
            queue.finished(job);
        } else if (process.send(job, suspect != null ? Long.MAX_VALUE : work.expectedNanos(job))) {
            processes.busy();
            if (job instanceof RunJob run && run.isCancelled()) {
                process.cancel(job);
            }
        } else if (suspect != null) {
            suspects.addFirst(job);
        } else {
            putBack(job);
        }
        return true;
    }

    /** A job that was taken goes back to its place. */
    private void putBack(Job job) {
        if (!queue.putBack(job)) {
            job.refuse(FairQueue.Offer.CLOSED);
        } else if (job instanceof RunJob run && run.isCancelled() && queue.remove(job)) {
            run.refuseCancelled();
        }
    }

    /** Whether jobs wait and every process is held: one that gets on with its jobs will take them sooner than a new one. */
    private boolean demand() {
        return (queue.size() > 0 || !suspects.isEmpty()) && processes.areHeld();
    }

    @Override
    public void ready(SandboxProcess process) {
        processes.ready();
        dispatch();
    }

    @Override
    public void answered(Job job) {
        queue.finished(job);
        dispatch();
    }

    @Override
    public void givenBack(Job job) {
        metrics.recalled();
        putBack(job);
        dispatch();
    }

    @Override
    public void died(SandboxProcess process, State before, Kill kill, Death death, List<Sent> left) {
        processes.died(process, before, kill, death);
        boolean loading = left.stream().noneMatch(sent -> sent.started) && kill != Kill.CLOSED;
        for (Sent sent : left) {
            Job job = sent.job;
            if (sent.started) {
                queue.finished(job);
                job.died(kill, death, sent.sentNanos, sent.startedNanos);
            } else if (!loading) {
                metrics.retried();
                putBack(job);
            } else {
                suspect(job, left.size() == 1, death);
            }
        }
        dispatch();
    }

    private void suspect(Job job, boolean alone, Death death) {
        metrics.retried();
        int attempts = job.failedToStart();
        if (alone) {
            queue.finished(job);
            work.loadFailed(job, attempts, death);
        } else {
            suspects.add(job);
        }
    }

    /** Cancels what is in the processes and waits a grace for it; then ends them. */
    @Override
    public void close() {
        queue.close().forEach(job -> job.refuse(FairQueue.Offer.CLOSED));
        for (Job job = suspects.poll(); job != null; job = suspects.poll()) {
            queue.finished(job);
            job.refuse(FairQueue.Offer.CLOSED);
        }
        processes.close();
    }
}

package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.process.Death.Kill;
import io.wasmwiz.executor.sandbox.process.FrameReader.ProtocolException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One child, as the executor sees it: what was sent, what started, what is to be sent. One thread writes, one reads, one
 * drains standard error; all end with the process. Thread-safe; its owner is called without the lock.
 */
final class SandboxProcess {
    /** Jobs in a process at most; all but one wait there, so that it need not wait for the next. */
    static final int MAX_IN_FLIGHT = 64;

    private static final Logger log = LoggerFactory.getLogger(SandboxProcess.class);

    /** With fewer jobs in a process, each is sent and each answer is taken as it comes. */
    private static final int GATHER_IN_FLIGHT = 8;

    /** Jobs that wait to be sent together, if there are no more. */
    private static final int GATHERED_JOBS = 8;

    private static final long LONGEST_GATHER_NANOS = 200_000;

    private static final long EXIT_SECONDS = 10;

    enum State {
        STARTING,
        READY,
        /** Takes no more jobs; has none. */
        RETIRING,
        DEAD
    }

    /** What the owner is told. */
    interface Owner {
        void ready(SandboxProcess process);

        /** A job has its answer and is about to end. */
        void answered(Job job);

        /** A job was recalled in time. */
        void givenBack(Job job);

        /** It is dead, and {@code left} were in it. */
        void died(SandboxProcess process, State before, Kill kill, Death death, List<Sent> left);
    }

    private final Owner owner;
    private final int slot;
    private final Process process;
    private final Answers answers;
    private final long createdNanos = System.nanoTime();

    private final Map<Long, Sent> inFlight = new LinkedHashMap<>();
    private final Outbox outbox;
    private State state = State.STARTING;
    private Kill kill = Kill.NONE;
    private long expectedNanos;
    private long progressNanos = createdNanos;

    private SandboxProcess(Owner owner, int slot, Process process, Path kept) throws IOException {
        this.owner = owner;
        this.slot = slot;
        this.process = process;
        this.answers = new Answers(process.getInputStream(), kept, this::awaitExit);
        this.outbox = new Outbox(process.getOutputStream());
    }

    /** One that was just started; {@code kept} is the file of what it has not sent. It is killed when that cannot be read. */
    static SandboxProcess of(Owner owner, int slot, Process process, Path kept) {
        try {
            return new SandboxProcess(owner, slot, process, kept);
        } catch (IOException e) {
            process.destroyForcibly();
            throw new UncheckedIOException("cannot read what a sandbox process keeps", e);
        }
    }

    /** Starts its threads. */
    void begin() {
        thread("reader", this::read);
        thread("writer", this::write);
        thread("stderr", () -> ChildLog.drain(process.getErrorStream(), process.pid()));
    }

    private void thread(String name, Runnable body) {
        Thread thread = new Thread(null, body, "sandbox-" + process.pid() + "-" + name, 256 << 10);
        thread.setDaemon(true);
        thread.start();
    }

    /** Names it among the processes of its role, as long as it lives. */
    int slot() {
        return slot;
    }

    long pid() {
        return process.pid();
    }

    /** Processor time that it had so far, with processes below it; empty where that cannot be known. */
    Optional<Duration> cpuTime() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .flatMap(each -> each.info().totalCpuDuration().stream())
                .reduce(Duration::plus);
    }

    synchronized State state() {
        return state;
    }

    /**
     * How long a job that is sent now is likely to wait in it; {@link Long#MAX_VALUE} when none may be sent.
     *
     * @param longNanos a run that takes longer is no short one, whatever was expected
     */
    synchronized long likelyWaitNanos(long nowNanos, long longNanos) {
        if (state != State.READY || inFlight.size() >= MAX_IN_FLIGHT) {
            return Long.MAX_VALUE;
        }
        return inFlight.isEmpty() || nowNanos - progressNanos < longNanos ? expectedNanos : Long.MAX_VALUE;
    }

    /** Whether it has jobs, and for {@code holdNanos} none of them has started or ended. */
    synchronized boolean isHeld(long nowNanos, long holdNanos) {
        return !inFlight.isEmpty() && nowNanos - progressNanos >= holdNanos;
    }

    /**
     * Hands it over.
     *
     * @param expected how long it is likely to take; {@link Long#MAX_VALUE} lets nothing be sent behind it
     * @return false when the process takes no job (any more)
     */
    synchronized boolean send(Job job, long expected) {
        if (state != State.READY) {
            return false;
        }
        long now = System.nanoTime();
        if (inFlight.isEmpty()) {
            progressNanos = now;
        }
        job.enter(this);
        Sent sent = new Sent(job, now, expected);
        inFlight.put(job.number(), sent);
        expectedNanos += sent.expectedNanos;
        Frame kind = job instanceof CompileJob ? Frame.COMPILE : Frame.RUN;
        if (inFlight.size() > GATHER_IN_FLIGHT && outbox.waiting() < GATHERED_JOBS) {
            // The process has enough to do until its next answer; behind a long run it is recalled.
            outbox.put(kind, job);
        } else {
            outbox.post(kind, job);
        }
        return true;
    }

    /** Tells the process that a run is to be stopped; does nothing when it is not here. */
    synchronized void cancel(Job job) {
        Sent sent = inFlight.get(job.number());
        if (sent != null && !sent.cancelled) {
            sent.cancelled = true;
            sent.cancelledNanos = System.nanoTime();
            outbox.post(Frame.CANCEL, job);
        }
    }

    synchronized void cancelAll() {
        inFlight.values().stream().map(sent -> sent.job).toList().forEach(this::cancel);
    }

    /** Kills it if a job takes longer than it may; asks for what waits behind a long run. */
    synchronized void watch(long nowNanos, PoolConfig limits) {
        if (state == State.STARTING && nowNanos - createdNanos > limits.startNanos()) {
            kill(Kill.STUCK_STARTING);
        }
        if (!inFlight.isEmpty() && nowNanos - progressNanos > limits.longNanos()) {
            noticeStart();
        }
        Sent running = null;
        for (Sent sent : inFlight.values()) {
            running = sent.started ? sent : running;
            if (sent.cancelled && nowNanos - sent.cancelledNanos > limits.graceNanos()) {
                kill(Kill.CANCELLED);
            }
        }
        if (running == null) {
            if (!inFlight.isEmpty() && nowNanos - progressNanos > limits.loadNanos()) {
                kill(Kill.STUCK_LOADING);
            }
        } else if (nowNanos - running.startedNanos > running.job.patienceNanos() + limits.graceNanos()) {
            kill(running.job.overdue(this));
        }
        if (inFlight.size() > 1 && nowNanos - progressNanos > limits.longNanos()) {
            recallWaiting(running);
        }
    }

    /** All but the one that runs or is being loaded. */
    private void recallWaiting(@Nullable Sent running) {
        Sent first = running == null ? inFlight.values().iterator().next() : running;
        for (Sent sent : inFlight.values()) {
            if (sent != first && !sent.started && !sent.recalled) {
                sent.recalled = true;
                outbox.post(Frame.RECALL, sent.job);
            }
        }
    }

    synchronized boolean isIdle() {
        return state == State.READY && inFlight.isEmpty();
    }

    synchronized boolean isEmpty() {
        return inFlight.isEmpty();
    }

    /** Since when it has no job. */
    synchronized long idleNanos(long nowNanos) {
        return isIdle() ? nowNanos - progressNanos : 0;
    }

    synchronized int notStarted() {
        int count = 0;
        for (Sent sent : inFlight.values()) {
            count += sent.started ? 0 : 1;
        }
        return count;
    }

    /** Ends it unless it has a job. */
    synchronized void retire() {
        if (isIdle()) {
            state = State.RETIRING;
            kill(Kill.RETIRED);
        }
    }

    /** Ends it at once. The first reason counts. */
    synchronized void kill(Kill why) {
        if (kill == Kill.NONE && state != State.DEAD) {
            kill = why;
            // A launcher may have left the child below another process.
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            // Not by the process itself, which would close its streams: what it answered is still to be read.
            process.toHandle().destroyForcibly();
        }
    }

    private void write() {
        try {
            outbox.send();
        } catch (IOException e) {
            log.atDebug().addKeyValue("pid", process.pid()).setCause(e).log("sandbox process does not read any more");
        } catch (InterruptedException | RuntimeException | Error e) {
            log.atError().setCause(e).log("sandbox process cannot be written to");
            kill(Kill.BAD_FRAME);
        }
    }

    private void read() {
        try {
            FrameReader in = new FrameReader(answers);
            while (in.next()) {
                outbox.hold();
                take(in);
                while (in.hasNext() && in.next()) {
                    take(in);
                }
                outbox.release();
                gather();
            }
        } catch (ProtocolException e) {
            log.atError().addKeyValue("pid", process.pid()).setCause(e).log("sandbox process answers nonsense");
            kill(Kill.BAD_FRAME);
        } catch (IOException e) {
            log.atDebug().addKeyValue("pid", process.pid()).setCause(e).log("sandbox process cannot be read any more");
        } catch (RuntimeException | Error e) {
            log.atError().setCause(e).log("sandbox process cannot be listened to");
            kill(Kill.BAD_FRAME);
        } finally {
            end();
        }
    }

    /**
     * While the process has enough to do, its next answers are read together, and what it is sent meanwhile leaves together:
     * a wake-up costs as much as a short run. It waits for half of what is in the process at most, which would only wait
     * there, too.
     */
    private void gather() {
        long nanos;
        synchronized (this) {
            nanos = inFlight.size() < GATHER_IN_FLIGHT ? 0 : Math.min(LONGEST_GATHER_NANOS, expectedNanos / 2);
        }
        if (nanos > 0) {
            outbox.hold();
            LockSupport.parkNanos(this, nanos);
            outbox.release();
        }
    }

    private void take(FrameReader in) throws IOException {
        switch (in.kind()) {
            case READY -> {
                in.body(0);
                enterReady();
                owner.ready(this);
            }
            case STARTED -> {
                in.body(0);
                start(sent(in.job()), System.nanoTime());
            }
            case RESULT, COMPILATION -> {
                Sent sent = sent(in.job());
                outbox.received(sent.job);
                in.body(sent.job.answerBytes());
                Runnable end = sent.job.answered(in, slot, sent.sentNanos);
                remove(in.job());
                owner.answered(sent.job);
                end.run();
            }
            case NOT_STARTED -> {
                in.body(0);
                owner.givenBack(remove(in.job()).job);
            }
            case MODULE_UNKNOWN -> {
                in.body(0);
                outbox.postAgain(sent(in.job()).job);
            }
            default -> throw new ProtocolException("no answer: " + in.kind());
        }
    }

    private synchronized void enterReady() throws ProtocolException {
        if (state != State.STARTING) {
            throw new ProtocolException("ready twice");
        }
        state = State.READY;
        progressNanos = System.nanoTime();
    }

    private synchronized Sent sent(long number) throws ProtocolException {
        Sent sent = inFlight.get(number);
        if (sent == null) {
            throw new ProtocolException("an answer to what was not asked");
        }
        return sent;
    }

    /** The first word of a start counts. */
    private synchronized void start(Sent sent, long startedNanos) {
        outbox.received(sent.job);
        if (!sent.started) {
            sent.started = true;
            sent.startedNanos = startedNanos;
            progressNanos = System.nanoTime();
            sent.job.started(this);
        }
    }

    /** Looks for the start of a job of which no frame told yet; believes nothing that a frame could not have said. */
    private synchronized void noticeStart() {
        try {
            Answers.Start last = answers.lastStart();
            Sent sent = inFlight.get(last.job());
            if (sent != null && !sent.started) {
                long now = System.nanoTime();
                long elapsedNanos = Math.max(0, Math.min(now - sent.sentNanos, now - last.nanos()));
                start(sent, now - elapsedNanos);
            }
        } catch (IOException e) {
            log.atDebug()
                    .addKeyValue("pid", process.pid())
                    .setCause(e)
                    .log("what a sandbox process keeps is unreadable");
        }
    }

    private synchronized Sent remove(long number) throws ProtocolException {
        Sent sent = sent(number);
        inFlight.remove(number);
        expectedNanos -= sent.expectedNanos;
        progressNanos = System.nanoTime();
        sent.job.enter(null);
        return sent;
    }

    /** Standard output has ended: it is dead, or as good as dead. */
    private void end() {
        int exitCode = awaitExit();
        State before;
        Kill why;
        List<Sent> left;
        synchronized (this) {
            noticeStart();
            before = state;
            why = kill;
            state = State.DEAD;
            left = new ArrayList<>(inFlight.values());
            inFlight.clear();
            left.forEach(sent -> sent.job.enter(null));
        }
        outbox.close();
        closeAnswers();
        owner.died(this, before, why, Death.of(why, exitCode), left);
    }

    private void closeAnswers() {
        try {
            answers.close();
        } catch (IOException e) {
            log.atWarn().setCause(e).log("file of a sandbox process could not be closed");
        }
    }

    private int awaitExit() {
        try {
            if (!process.waitFor(EXIT_SECONDS, TimeUnit.SECONDS)) {
                kill(Kill.BAD_FRAME);
            }
            return process.waitFor();
        } catch (InterruptedException e) {
            process.toHandle().destroyForcibly();
            return -1;
        }
    }
}

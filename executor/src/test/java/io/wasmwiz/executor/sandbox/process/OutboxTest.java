package io.wasmwiz.executor.sandbox.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.StartConditions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is posted leaves once and in order, in few writes, and never makes who reads the answers wait. */
class OutboxTest {
    private static final ModuleCode MODULE = new ModuleCode(new UUID(1, 2), ModuleDigest.of(new byte[3]), new byte[3]);
    private static final RunLimits LIMITS = new RunLimits(Duration.ofSeconds(1), 1, 1, 1);
    private static final int WAIT_SECONDS = 60;

    /** Less than a pipe surely holds. */
    private static final int PIPE_BYTES = 1 << 14;

    /** Its writes, each an element; the empty one is its end. */
    private static final class Writes extends OutputStream {
        private static final byte[] CLOSED = {};

        private final BlockingQueue<byte[]> writes = new LinkedBlockingQueue<>();
        private volatile boolean broken;

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (broken) {
                throw new IOException("broken pipe");
            }
            writes.add(Arrays.copyOfRange(bytes, offset, offset + length));
        }

        @Override
        public void close() {
            writes.add(CLOSED);
        }

        byte[] next() throws InterruptedException {
            byte[] write = writes.poll(WAIT_SECONDS, TimeUnit.SECONDS);
            if (write == null) {
                throw new AssertionError("nothing was written");
            }
            return write;
        }
    }

    private final Writes writes = new Writes();
    private final Outbox outbox = new Outbox(writes);
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final Thread sender = new Thread(() -> {
        try {
            outbox.send();
        } catch (IOException | InterruptedException e) {
            failure.set(e);
        }
    });

    @AfterEach
    void end() throws InterruptedException {
        outbox.close();
        sender.join();
        assertThat(failure).hasNullValue();
    }

    @Test
    void sendsWhatWasPostedWhileHeldInOneWrite() throws Exception {
        RunJob first = job(0);
        RunJob second = job(0);
        sender.start();

        outbox.hold();
        outbox.post(Frame.RUN, first);
        outbox.post(Frame.RUN, second);
        assertThat(writes.writes).isEmpty();
        outbox.release();

        assertThat(frames(writes.next()))
                .containsExactly("MODULE " + first.number(), "RUN " + first.number(), "RUN " + second.number());
        assertThat(writes.writes).isEmpty();
    }

    @Test
    void leavesWhatWasPutToTheNextPost() throws Exception {
        RunJob put = job(0);
        RunJob posted = job(0);
        sender.start();
        await().until(() -> sender.getState() == Thread.State.WAITING);

        outbox.put(Frame.RUN, put);
        assertThat(sender.getState()).isEqualTo(Thread.State.WAITING);
        outbox.post(Frame.RUN, posted);

        assertThat(frames(writes.next()))
                .containsExactly("MODULE " + put.number(), "RUN " + put.number(), "RUN " + posted.number());
    }

    @Test
    void leavesWhatWasPutToTheNextRelease() throws Exception {
        RunJob put = job(0);
        outbox.put(Frame.RUN, put);
        assertThat(outbox.waiting()).isEqualTo(1);

        outbox.release();

        assertThat(frames(writes.next())).containsExactly("MODULE " + put.number(), "RUN " + put.number());
        assertThat(outbox.waiting()).isZero();
    }

    @Test
    void sendsAModuleAgainWhenTheProcessHasItNoMore() throws Exception {
        RunJob job = job(0);
        outbox.put(Frame.RUN, job);
        outbox.release();
        writes.next();

        outbox.hold();
        outbox.postAgain(job);
        outbox.release();

        assertThat(frames(writes.next())).containsExactly("MODULE " + job.number(), "RUN " + job.number());
    }

    @Test
    void leavesWhatMayNotFitIntoThePipeToTheSender() throws Exception {
        List<RunJob> jobs =
                IntStream.range(0, 5).mapToObj(i -> job(PIPE_BYTES / 3)).toList();
        outbox.hold();
        jobs.forEach(job -> outbox.post(Frame.RUN, job));
        outbox.release();
        int written = writes.writes.stream().mapToInt(write -> write.length).sum();
        assertThat(written).isLessThanOrEqualTo(PIPE_BYTES);

        sender.start();

        assertThat(frames(taken(jobs.get(4)))).containsExactlyElementsOf(runs(jobs));
    }

    @Test
    void hasRoomAgainForWhatTheProcessHasRead() throws Exception {
        RunJob first = job(PIPE_BYTES * 2 / 3);
        RunJob second = job(PIPE_BYTES * 2 / 3);
        outbox.put(Frame.RUN, first);
        outbox.release();
        assertThat(writes.writes).hasSize(1);
        outbox.received(first);

        outbox.put(Frame.RUN, second);
        outbox.release();

        assertThat(writes.writes).hasSize(2);
    }

    @Test
    void sendsNothingAfterItsEnd() throws Exception {
        outbox.put(Frame.RUN, job(0));

        outbox.close();
        outbox.release();
        sender.start();

        assertThat(writes.next()).isSameAs(Writes.CLOSED);
    }

    @Test
    void endsWhenTheProcessDoesNotReadAnyMore() throws Exception {
        writes.broken = true;
        outbox.put(Frame.RUN, job(0));

        outbox.release();
        sender.start();

        assertThat(writes.next()).isSameAs(Writes.CLOSED);
    }

    private static RunJob job(int inputBytes) {
        RunRequest request =
                new RunRequest(MODULE, new byte[inputBytes], List.of(), Map.of(), LIMITS, StartConditions.none());
        return new RunJob(request, true, job -> {});
    }

    private static List<String> runs(List<RunJob> jobs) {
        List<String> runs = new ArrayList<>(List.of("MODULE " + jobs.get(0).number()));
        jobs.forEach(job -> runs.add("RUN " + job.number()));
        return runs;
    }

    /** All that was written up to {@code last}'s frame. */
    private byte[] taken(RunJob last) throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        do {
            all.write(writes.next());
        } while (!frames(all.toByteArray()).contains("RUN " + last.number()));
        return all.toByteArray();
    }

    /** Whole frames. */
    private static List<String> frames(byte[] bytes) throws IOException {
        FrameReader in = new FrameReader(new ByteArrayInputStream(bytes));
        List<String> frames = new ArrayList<>();
        while (in.next()) {
            in.body(bytes.length);
            frames.add(in.kind() + " " + in.job());
        }
        return frames;
    }
}

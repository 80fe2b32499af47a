package io.wasmwiz.executor.sandbox.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.executor.sandbox.RunResult.Cause;
import io.wasmwiz.executor.sandbox.RunResult.Refused;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RepliesTest {
    private static final Refused RESULT = new Refused(Cause.CANCELLED, "cancelled");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Path file;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Replies replies;

    @BeforeEach
    void open() throws IOException {
        file = Files.write(directory.resolve("replies"), new byte[KeptReplies.FILE_BYTES]);
        replies = new Replies(out, KeptReplies.open(file));
    }

    @Test
    void sendsAResultAtOnceWhenNothingFollows() throws IOException {
        replies.result(1, RESULT, () -> false);

        assertThat(sent()).containsExactly(Frame.RESULT);
    }

    @Test
    void sendsTheStartOfALongRunAtOnceWithTheResultsThatWait() throws IOException {
        replies.result(1, RESULT, () -> true);
        replies.started(2, false);

        assertThat(sent()).containsExactly(Frame.RESULT, Frame.STARTED);
    }

    @Test
    void keepsWhatItDoesNotSend() throws IOException {
        replies.ready();
        replies.started(1, true);
        replies.result(1, RESULT, () -> true);
        replies.started(2, true);

        // The sender may have sent it by now, all or nothing.
        try (Answers answers = new Answers(new ByteArrayInputStream(out.toByteArray()), file, () -> {})) {
            assertThat(frames(new FrameReader(answers)))
                    .filteredOn(frame -> frame != Frame.STARTED)
                    .containsExactly(Frame.READY, Frame.RESULT);
            assertThat(answers.lastStart().job()).isEqualTo(2);
        }
    }

    @Test
    void sendsWhatWaitsWhenAShortRunTurnsOutLong() {
        replies.result(1, RESULT, () -> true);
        replies.started(2, true);

        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(sent()).containsExactly(Frame.RESULT, Frame.STARTED));
    }

    @Test
    void sendsAResultWithTheRunThatIsGivenBackMeanwhile() throws Exception {
        Thread recall = new Thread(() -> replies.notRun(Frame.NOT_STARTED, 2));

        replies.result(1, RESULT, () -> {
            recall.start();
            while (recall.getState() != Thread.State.BLOCKED && recall.isAlive()) {
                Thread.onSpinWait();
            }
            return true;
        });
        recall.join();

        assertThat(sent()).containsExactly(Frame.RESULT, Frame.NOT_STARTED);
    }

    private List<Frame> sent() throws IOException {
        return frames(new FrameReader(new ByteArrayInputStream(out.toByteArray())));
    }

    private static List<Frame> frames(FrameReader reader) throws IOException {
        var frames = new ArrayList<Frame>();
        while (reader.next()) {
            reader.body(Integer.MAX_VALUE);
            frames.add(reader.kind());
        }
        return frames;
    }
}

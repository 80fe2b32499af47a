package io.wasmwiz.executor.sandbox.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.sandbox.RunResult.Cause;
import io.wasmwiz.executor.sandbox.RunResult.Refused;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RepliesTest {
    private static final Refused RESULT = new Refused(Cause.CANCELLED, "cancelled");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Replies replies = new Replies(out);

    @Test
    void keepsAResultForTheNextStart() throws IOException {
        replies.result(1, RESULT, () -> true);
        assertThat(sent()).isEmpty();

        replies.started(2);
        assertThat(sent()).containsExactly(Frame.RESULT, Frame.STARTED);
    }

    @Test
    void sendsAResultAtOnceWhenNothingFollows() throws IOException {
        replies.result(1, RESULT, () -> false);

        assertThat(sent()).containsExactly(Frame.RESULT);
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
        var frames = new ArrayList<Frame>();
        var reader = new FrameReader(new ByteArrayInputStream(out.toByteArray()));
        while (reader.next()) {
            reader.body(Integer.MAX_VALUE);
            frames.add(reader.kind());
        }
        return frames;
    }
}

package io.wasmwiz.executor.sandbox.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process's last words are heard, and lies are not believed. */
final class AnswersTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Path file;

    @BeforeEach
    void make() throws IOException {
        file = Files.write(directory.resolve("replies"), new byte[KeptReplies.FILE_BYTES]);
    }

    @Test
    void readsWhatWasKeptBehindWhatWasSentWhereverThatEnded() throws IOException {
        Random random = new Random(7);
        byte[] all = new byte[20 * KeptReplies.RING_BYTES];
        random.nextBytes(all);
        KeptReplies kept = KeptReplies.open(file);
        int end = 0;
        for (int turn = 0; turn < 300; turn++) {
            int length = random.nextInt(KeptReplies.RING_BYTES / 8);
            if (end + length > all.length) {
                break;
            }
            kept.keep(end, ByteBuffer.wrap(all, end, length));
            end += length;
            int received = Math.max(0, end - random.nextInt(KeptReplies.RING_BYTES));

            // Not compared as a list: a difference would print a megabyte.
            assertThat(Arrays.mismatch(read(all, received), Arrays.copyOf(all, end)))
                    .isEqualTo(-1);
        }
        assertThat(end).isGreaterThan(3 * KeptReplies.RING_BYTES);
    }

    @Test
    void readsNothingMoreWhenAllWasSent() throws IOException {
        byte[] all = new byte[1_000];
        KeptReplies.open(file).keep(0, ByteBuffer.wrap(all, 0, 600));

        assertThat(read(all, 600)).hasSize(600);
        // What was sent last was not kept.
        assertThat(read(all, 1_000)).hasSize(1_000);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 9, KeptReplies.RING_BYTES + 11, Long.MAX_VALUE})
    void believesNoEndThatCannotBe(long end) throws IOException {
        write(KeptReplies.END, end);

        assertThat(read(new byte[10], 10)).hasSize(10);
    }

    @Test
    void readsNothingOfAFileThatWasCutOff() throws IOException {
        KeptReplies kept = KeptReplies.open(file);
        kept.started(5, 77);
        kept.keep(0, ByteBuffer.wrap(new byte[100]));
        try (var answers = new Answers(new ByteArrayInputStream(new byte[0]), file, () -> {})) {
            assertThat(answers.lastStart()).isEqualTo(new Answers.Start(5, 77));

            try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(0);
            }

            assertThat(answers.readAllBytes()).isEmpty();
            assertThat(answers.lastStart()).isEqualTo(new Answers.Start(0, 0));
        }
    }

    private byte[] read(byte[] all, int sent) throws IOException {
        try (var answers = new Answers(new ByteArrayInputStream(all, 0, sent), file, () -> {})) {
            return answers.readAllBytes();
        }
    }

    private void write(int at, long word) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(Long.BYTES).putLong(0, word), at);
        }
    }
}

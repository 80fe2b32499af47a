package io.wasmwiz.executor.sandbox.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.FileTree;
import io.wasmwiz.executor.sandbox.Invocation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.RunResult.Cause;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import io.wasmwiz.executor.sandbox.RunUsage;
import io.wasmwiz.executor.sandbox.StartConditions;
import io.wasmwiz.executor.sandbox.TrapKind;
import io.wasmwiz.executor.sandbox.Value;
import io.wasmwiz.executor.sandbox.ValueType;
import io.wasmwiz.executor.sandbox.process.FrameReader.ProtocolException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What one side says is what the other understands, and nonsense is refused. */
class FramesTest {
    private static final ModuleCode MODULE = new ModuleCode(new UUID(1, 2), ModuleDigest.of(new byte[3]), new byte[3]);

    static List<RunResult> results() {
        return List.of(
                new RunResult.Refused(Cause.MODULE_REJECTED, "größer"),
                ran(new End.Exited(255)),
                ran(new End.Exited(0, List.of(new Value(ValueType.F32, 0x7fa0_0001L), Value.i64(-1)))),
                ran(new End.Trapped(TrapKind.OTHER, "why")),
                ran(new End.Trapped(TrapKind.UNREACHABLE, "why", List.of("at inner", "at _start"))),
                ran(new End.TimedOut()),
                ran(new End.Cancelled()),
                ran(new End.Crashed("how")));
    }

    private static Ran ran(End end) {
        return new Ran(end, 7, new byte[100_000], new byte[] {1}, true, false, true, new RunUsage(1, 2, 3, 4, true));
    }

    @ParameterizedTest
    @MethodSource("results")
    void carriesResults(RunResult result) throws IOException {
        byte[] wire = written(out -> {
            out.begin(Frame.STARTED, 4).end();
            out.begin(Frame.RESULT, 5);
            RunCodec.writeResult(out, result);
            out.end();
        });

        FrameReader in = new FrameReader(new ByteArrayInputStream(wire));
        assertThat(in.next()).isTrue();
        in.body(0);
        assertThat(in.kind()).isEqualTo(Frame.STARTED);
        assertThat(in.next()).isTrue();
        assertThat(in.job()).isEqualTo(5);
        in.body(1 << 20);

        assertThat(RunCodec.readResult(in)).usingRecursiveComparison().isEqualTo(result);
        assertThat(in.next()).isFalse();
    }

    @Test
    void carriesRequests() throws IOException {
        RunRequest request = new RunRequest(
                MODULE,
                new byte[] {9, 8},
                List.of("a", "", "ß"),
                Map.of("NAME", "value"),
                FileTree.of(
                        List.of(new FileTree.File("a/b", new byte[] {1, 2}), new FileTree.File("größe", new byte[0]))),
                new RunLimits(Duration.ofMillis(1_500), 17, 18, 19),
                Optional.of(new Invocation("f", List.of(Value.i32(-1), new Value(ValueType.F64, -2)))),
                StartConditions.none());
        FrameReader in = body(out -> {
            RunCodec.writeKey(out, MODULE);
            RunCodec.writeRequest(out, request);
        });

        assertThat(RunCodec.readKey(in)).isEqualTo(RunCodec.ModuleKey.of(MODULE));
        assertThat(RunCodec.readRequest(in, MODULE, request.start()))
                .usingRecursiveComparison()
                .isEqualTo(request);
    }

    @Test
    void refusesABodyThatIsLargerThanItMayBe() throws IOException {
        FrameReader in = new FrameReader(new ByteArrayInputStream(
                written(out -> out.begin(Frame.RESULT, 1).put(new byte[100]).end())));
        assertThat(in.next()).isTrue();

        assertThatThrownBy(() -> in.body(103)).isInstanceOf(ProtocolException.class);
    }

    @Test
    void refusesWhatIsNoFrame() {
        for (byte[] bytes :
                List.of(new byte[] {0, 0, 0, 9, 99}, new byte[] {-1, 0, 0, 0, 0}, new byte[] {0, 0, 0, 2, 1})) {
            FrameReader in = new FrameReader(new ByteArrayInputStream(Arrays.copyOf(bytes, 20)));

            assertThatThrownBy(in::next).isInstanceOf(ProtocolException.class);
        }
    }

    @Test
    void understandsOrRefusesWhateverAProcessSays() throws IOException {
        long seed = 20_240_601;
        Random random = new Random(seed);
        byte[] wire = written(out -> results().forEach(result -> {
            out.begin(Frame.RESULT, 1);
            RunCodec.writeResult(out, result instanceof Ran ran ? small(ran) : result);
            out.end();
        }));
        for (int i = 0; i < 20_000; i++) {
            byte[] mutant = Arrays.copyOf(wire, 1 + random.nextInt(wire.length));
            for (int changes = random.nextInt(4); changes >= 0; changes--) {
                mutant[random.nextInt(mutant.length)] = (byte) random.nextInt();
            }
            FrameReader in = new FrameReader(new ByteArrayInputStream(mutant));
            try {
                while (in.next()) {
                    in.body(1 << 16);
                    assertThat(RunCodec.readResult(in))
                            .as("seed %s, mutant %s", seed, i)
                            .isNotNull();
                }
            } catch (ProtocolException | EOFException e) {
                assertThat(e).as("seed %s, mutant %s", seed, i).isNotNull();
            }
        }
    }

    private static Ran small(Ran ran) {
        return new Ran(ran.end(), 1, new byte[4], new byte[2], false, true, false, ran.usage());
    }

    private static FrameReader body(Consumer<FrameWriter> content) throws IOException {
        FrameReader in = new FrameReader(new ByteArrayInputStream(written(out -> {
            out.begin(Frame.RUN, 1);
            content.accept(out);
            out.end();
        })));
        assertThat(in.next()).isTrue();
        in.body(1 << 20);
        return in;
    }

    private static byte[] written(Consumer<FrameWriter> content) throws IOException {
        var wire = new ByteArrayOutputStream();
        FrameWriter out = new FrameWriter(wire);
        content.accept(out);
        out.flush();
        return wire.toByteArray();
    }
}

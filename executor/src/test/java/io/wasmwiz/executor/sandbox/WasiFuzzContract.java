package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Random calls of every function of preview1 on random memory: lists of vectors that overlap themselves, subscriptions
 * of all kinds, pointers around every edge. Whatever comes, each call returns an errno and the guest goes on.
 */
public abstract class WasiFuzzContract extends SandboxFixture {
    private static final int PROGRAMS = 20;
    private static final int ROUNDS = 5;
    private static final int PAGES = 2;
    private static final RunLimits SHORT = new RunLimits(Duration.ofMillis(150), PAGES, 3_000, 300);

    @Test
    void answersAnyCallOnAnyMemory() {
        long seed = Long.getLong("wasmwiz.fuzz.seed", 20_261_121);
        var random = new Random(seed);
        List<String> names = Preview1.FUNCTIONS.keySet().stream()
                .filter(name -> !name.equals("proc_exit"))
                .sorted()
                .toList();
        String imports = names.stream().map(Preview1::imported).collect(Collectors.joining("\n"));
        for (int program = 0; program < PROGRAMS; program++) {
            // Every function once per round, in another order, on memory that the calls before it have changed.
            String calls = IntStream.range(0, ROUNDS)
                    .mapToObj(round -> {
                        var order = new ArrayList<>(names);
                        Collections.shuffle(order, random);
                        return pokes(random)
                                + order.stream().map(name -> call(random, name)).collect(Collectors.joining("\n"));
                    })
                    .collect(Collectors.joining("\n"));
            String text = "(module " + imports + "(memory " + PAGES + ") (func (export \"_start\") " + calls + "))";

            Ran ran = ran(sandbox.run(request(Wat.wasm(text), "some input of a guest", SHORT)));

            assertThat(ran.end())
                    .describedAs("seed %d program %d", seed, program)
                    .isIn(new End.Exited(0), new End.TimedOut());
            assertThat(ran.stdout()).hasSizeLessThanOrEqualTo(SHORT.stdoutBytes());
            assertThat(ran.stderr()).hasSizeLessThanOrEqualTo(SHORT.stderrBytes());
            assertThat(ran.usage().peakMemoryBytes()).isEqualTo(PAGES * (long) RunLimits.PAGE_BYTES);
        }
        // The host is as before.
        assertThat(ran(run(Wat.command(""))).end()).isEqualTo(new End.Exited(0));
    }

    /** Words that read as addresses, lengths, tags and times, where the calls will look for them. */
    private static String pokes(Random random) {
        return IntStream.range(0, 120)
                .mapToObj(i -> "(i32.store (i32.const %d) (i32.const %d))"
                        .formatted(random.nextInt(256) * 4 + random.nextInt(2), value(random)))
                .collect(Collectors.joining("\n"));
    }

    private static String call(Random random, String name) {
        String arguments = Preview1.parameters(name)
                .chars()
                .mapToObj(type -> Preview1.constant((char) type, String.valueOf(value(random))))
                .collect(Collectors.joining(" "));
        return "(drop (call $" + name + " " + arguments + "))";
    }

    private static int value(Random random) {
        return switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> random.nextInt(4);
            case 4, 5 -> random.nextInt(1_024);
            case 6 -> PAGES * RunLimits.PAGE_BYTES - random.nextInt(64);
            case 7 -> -random.nextInt(64);
            case 8 -> 1 << random.nextInt(32);
            default -> random.nextInt();
        };
    }
}

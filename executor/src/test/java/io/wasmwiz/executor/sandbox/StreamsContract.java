package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Input and output larger than what a sandbox keeps for them at once. */
public abstract class StreamsContract extends SharedSandboxFixture {
    private static final int MIB = 1 << 20;

    /** Copies standard input to standard output, {@code bytes} at a time; exits with 1 at an error. */
    private static byte[] copying(int bytes) {
        return Wat.wasm(Wat.program("(memory 40)", """
                (local $got i32)
                (loop $next
                  (i32.store (i32.const 0) (i32.const 64))
                  (i32.store (i32.const 4) (i32.const %d))
                  (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16))
                    (then (call $proc_exit (i32.const 1))))
                  (local.set $got (i32.load (i32.const 16)))
                  (if (i32.eqz (local.get $got)) (then (return)))
                  (i32.store (i32.const 4) (local.get $got))
                  (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))
                    (then (call $proc_exit (i32.const 1))))
                  (if (i32.ne (i32.load (i32.const 16)) (local.get $got)) (then (call $proc_exit (i32.const 1))))
                  (br $next))
                """.formatted(bytes)));
    }

    @ParameterizedTest
    @ValueSource(ints = {4_097, 65_536, 2_000_000})
    void copiesMoreThanItHoldsByteForByte(int bytesAtATime) {
        byte[] input = random(9 * MIB + 12_345);

        Ran ran = ran(sandbox.run(request(copying(bytesAtATime), input, 10 * MIB, 1_000)));

        assertThat(ran.end()).isEqualTo(new End.Exited(0));
        assertThat(Arrays.equals(ran.stdout(), input)).isTrue();
        assertThat(ran.stdoutTruncated()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"1048575", "1048576", "1048577", "3000001"})
    void cutsOutputAtItsLimitWhereverThatIs(int limit) {
        byte[] input = random(3_500_000);

        Ran ran = ran(sandbox.run(request(copying(50_000), input, limit, 1_000)));

        assertThat(ran.end()).isEqualTo(new End.Exited(0));
        assertThat(Arrays.equals(ran.stdout(), Arrays.copyOf(input, limit))).isTrue();
        assertThat(ran.stdoutTruncated()).isTrue();
    }

    @Test
    void keepsTheOutputOfARunThatIsStopped() {
        byte[] input = random(2 * MIB + 77);
        // After each part, goes on until there is no input any more, then loops for ever.
        byte[] wasm = Wat.wasm(Wat.program("(memory 40)", """
                (local $got i32)
                (loop $next
                  (i32.store (i32.const 0) (i32.const 64))
                  (i32.store (i32.const 4) (i32.const 100000))
                  (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)) (then unreachable))
                  (local.set $got (i32.load (i32.const 16)))
                  (i32.store (i32.const 4) (local.get $got))
                  (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)) (then unreachable))
                  (br $next))
                """));
        var limits = new RunLimits(Duration.ofSeconds(2), 64, 4 * MIB, 1_000);

        Ran ran = ran(sandbox.run(new RunRequest(code(wasm), input, List.of(), Map.of(), limits)));

        assertThat(ran.end()).isEqualTo(new End.TimedOut());
        assertThat(Arrays.equals(ran.stdout(), input)).isTrue();
    }

    @Test
    void leavesNothingOfALargeRunToASmallOne() {
        byte[] wasm = copying(65_536);
        for (int i = 0; i < 6; i++) {
            byte[] input = random(i % 2 == 0 ? 3 * MIB + i : 5 + i);

            Ran ran = ran(sandbox.run(request(wasm, input, 4 * MIB, 1_000)));

            assertThat(ran.end()).isEqualTo(new End.Exited(0));
            assertThat(Arrays.equals(ran.stdout(), input))
                    .describedAs("run " + i)
                    .isTrue();
            assertThat(ran.stdoutTruncated()).isFalse();
        }
    }

    private static byte[] random(int bytes) {
        byte[] random = new byte[bytes];
        new Random(bytes).nextBytes(random);
        return random;
    }

    private static RunRequest request(byte[] wasm, byte[] input, int stdoutBytes, int stderrBytes) {
        var limits = new RunLimits(Duration.ofSeconds(20), 64, stdoutBytes, stderrBytes);
        return new RunRequest(code(wasm), input, List.of(), Map.of(), limits);
    }
}

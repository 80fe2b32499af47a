package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Thousands of runs of all kinds leave a sandbox as large as hundreds did. */
public abstract class SoakContract extends SandboxFixture {
    private static final int IN_FLIGHT = 8;
    private static final int ROUNDS = 5;
    private static final int RUNS_PER_ROUND = 800;
    private static final int ACCOUNTS = 12;
    /** Workers still compile what they had not met; one lost mapping per run would be more. */
    private static final int MAPPINGS_SLACK = 2_000;

    private static final long MEMORY_SLACK_BYTES = 96L << 20;
    private static final RunLimits SMALL = new RunLimits(Duration.ofMillis(20), 32, 10_000, 1_000);

    private static final List<byte[]> GUESTS = List.of(
            SandboxRuntimeContract.ECHO,
            Wat.command("(call $proc_exit (i32.const 3))"),
            Wat.command("unreachable"),
            Wat.command(
                    "(drop (memory.grow (i32.const 4))) (memory.fill (i32.const 0) (i32.const 1) (i32.const 300000))"),
            Wat.wasm(Wat.program(
                    "(memory 1) (table $t 1 funcref)", "(drop (table.grow $t (ref.null func) (i32.const 5000)))")),
            Wat.command("(call $_start)"),
            Wat.wasm(Wat.program("(memory 17)", "(i32.store (i32.const 1100000) (i32.const 1))")));
    private static final byte[] LOOP = Wat.command("(loop $l (br $l))");

    /** What a sandbox takes of the machine. */
    private record Footprint(long residentBytes, int threads, int mappings, int files) {}

    /** The processes that are the sandbox. */
    protected abstract List<Long> processes();

    @Test
    void staysFlat() {
        round(0);
        round(1);
        Footprint first = footprint();
        for (int round = 2; round < ROUNDS; round++) {
            round(round);
        }

        Footprint last = footprint();
        String both = first + " then " + last;
        assertThat(last.threads()).describedAs(both).isLessThanOrEqualTo(first.threads() + 4);
        assertThat(last.files()).describedAs(both).isLessThanOrEqualTo(first.files() + 8);
        assertThat(last.mappings()).describedAs(both).isLessThanOrEqualTo(first.mappings() + MAPPINGS_SLACK);
        assertThat(last.residentBytes()).describedAs(both).isLessThan(first.residentBytes() + MEMORY_SLACK_BYTES);
    }

    private void round(int round) {
        var waiting = new ArrayList<SandboxRun>();
        for (int i = 0; i < RUNS_PER_ROUND; i++) {
            // In turn, now and then a loop; more accounts' modules than stores are kept, few enough to be used again.
            byte[] guest = i % 100 == 99 ? LOOP : GUESTS.get(i % GUESTS.size());
            waiting.add(sandbox.run(request(guest, (round + i / 7) % ACCOUNTS)));
            if (waiting.size() == IN_FLIGHT) {
                drain(waiting);
            }
        }
        drain(waiting);
    }

    private static void drain(List<SandboxRun> waiting) {
        waiting.forEach(run -> assertThat(result(run)).isInstanceOf(Ran.class));
        waiting.clear();
    }

    private static RunRequest request(byte[] guest, int account) {
        return new RunRequest(
                new ModuleCode(new UUID(5, account), ModuleDigest.of(guest), guest),
                "input".getBytes(StandardCharsets.UTF_8),
                List.of("argument"),
                Map.of("NAME", "value"),
                SMALL);
    }

    private Footprint footprint() {
        System.gc();
        var sum = new Footprint(0, 0, 0, 0);
        for (long pid : processes()) {
            Path proc = Path.of("/proc", String.valueOf(pid));
            sum = new Footprint(
                    sum.residentBytes() + status(proc, "VmRSS") * 1_024,
                    sum.threads() + (int) status(proc, "Threads"),
                    sum.mappings() + lines(proc.resolve("maps")).size(),
                    sum.files() + entries(proc.resolve("fd")));
        }
        return sum;
    }

    private static long status(Path proc, String field) {
        return lines(proc.resolve("status")).stream()
                .filter(line -> line.startsWith(field + ":"))
                .map(line -> line.replaceAll("\\D", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int entries(Path directory) {
        String[] names = directory.toFile().list();
        return names == null ? 0 : names.length;
    }
}

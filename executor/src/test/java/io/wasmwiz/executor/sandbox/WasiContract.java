package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a guest sees of WASI preview1. */
public abstract class WasiContract extends SharedSandboxFixture {
    @Test
    void servesACProgram() {
        var request = new RunRequest(
                code(resource("probe.wasm")),
                "one\ntwo\n".getBytes(StandardCharsets.UTF_8),
                List.of("3", "", "grüße"),
                Map.of("B", "2", "A", "1=1", "EMPTY", ""),
                LIMITS);

        Ran ran = ran(sandbox.run(request));

        assertThat(text(ran.stdout())).isEqualTo("""
                        argument 0: module
                        argument 1: 3
                        argument 2:\s
                        argument 3: grüße
                        variable: A=1=1
                        variable: B=2
                        variable: EMPTY=
                        line: one
                        line: two
                        random: differs
                        slept: 12 ms or more
                        year: after 2023
                        terminal: 0, stat: 0, size: 0
                        seek: ESPIPE
                        open: fails
                        """);
        assertThat(text(ran.stderr())).isEqualTo("done\n");
        assertThat(ran.end()).isEqualTo(new End.Exited(3));
    }

    /** Results: 8 badf, 21 fault, 28 inval, 52 nosys, 54 notdir, 57 notsock, 58 notsup, 70 spipe, 76 notcapable. */
    @ParameterizedTest
    @CsvSource({
        "args_get, -1 0, 21",
        "args_get, 0 65530, 21",
        "args_sizes_get, 65533 0, 21",
        "args_sizes_get, 0 -4, 21",
        "args_sizes_get, 0 65532, 0",
        "environ_get, -1 -1, 21",
        "environ_get, 65536 65536, 0",
        "environ_sizes_get, 65536 0, 21",
        "clock_res_get, 0 65529, 21",
        "clock_res_get, 4 0, 28",
        "clock_res_get, 3 65529, 21",
        "clock_res_get, 2 0, 0",
        "clock_res_get, 1 0, 0",
        "clock_time_get, 0 0 65529, 21",
        "clock_time_get, 0 0 -1, 21",
        "clock_time_get, 4 0 0, 28",
        "clock_time_get, -1 0 0, 28",
        "clock_time_get, 2 0 0, 0",
        "clock_time_get, 3 0 65528, 0",
        "clock_time_get, 1 0 65528, 0",
        "fd_read, 0 65529 1 0, 21",
        "fd_read, 0 0 -1 0, 21",
        "fd_read, 0 0 0 65533, 21",
        "fd_read, 1 0 0 0, 8",
        "fd_read, 3 0 0 0, 8",
        "fd_write, 1 -8 1 0, 21",
        "fd_write, 1 0 536870912 0, 21",
        "fd_write, 2 0 1 -1, 21",
        "fd_write, 0 0 0 0, 8",
        "fd_write, -1 0 0 0, 8",
        "fd_fdstat_get, 1 65513, 21",
        "fd_fdstat_get, 1 65512, 0",
        "fd_fdstat_get, 3 -1, 8",
        "fd_filestat_get, 2 65473, 21",
        "fd_filestat_get, 2 65472, 0",
        "random_get, 65530 7, 21",
        "random_get, 1 -1, 21",
        "random_get, 0 65536, 0",
        "random_get, 65536 0, 0",
        "poll_oneoff, 65500 0 1 0, 21",
        "poll_oneoff, 0 65505 1 0, 21",
        "poll_oneoff, 0 0 1 65533, 21",
        "poll_oneoff, 0 0 -1 0, 21",
        "poll_oneoff, 0 0 0 0, 28",
        "fd_prestat_get, 3 0, 8",
        "fd_prestat_get, 0 -1, 8",
        "fd_prestat_dir_name, 3 -1 -1, 8",
        "fd_close, 2, 0",
        "fd_close, 3, 8",
        "fd_seek, 1 0 0 -1, 70",
        "fd_seek, 9 0 0 -1, 8",
        "fd_tell, 1 -1, 70",
        "fd_pread, 0 -1 -1 0 -1, 70",
        "fd_pwrite, 1 -1 -1 0 -1, 70",
        "fd_sync, 1, 28",
        "fd_datasync, 0, 28",
        "fd_datasync, 95, 8",
        "fd_datasync, 96, 8",
        "fd_advise, 0 0 0 0, 70",
        "fd_advise, 3 0 0 0, 8",
        "fd_allocate, 1 0 1, 70",
        "fd_allocate, 3 0 1, 8",
        "fd_filestat_set_size, 1 0, 28",
        "fd_filestat_set_size, 3 0, 8",
        "fd_filestat_set_times, 1 0 0 0, 58",
        "fd_filestat_set_times, 3 0 0 0, 8",
        "fd_fdstat_set_flags, 0 0, 0",
        "fd_fdstat_set_flags, 0 5, 0",
        "fd_fdstat_set_flags, 0 2, 58",
        "fd_fdstat_set_flags, 0 32, 28",
        "fd_fdstat_set_flags, 3 0, 8",
        "fd_fdstat_set_rights, 1 64 0, 0",
        "fd_fdstat_set_rights, 1 2 0, 76",
        "fd_fdstat_set_rights, 1 0 1, 76",
        "fd_fdstat_set_rights, 1 4294967296 0, 76",
        "fd_fdstat_set_rights, 7 0 0, 8",
        "fd_renumber, 0 1, 0",
        "fd_renumber, 1 1, 0",
        "fd_renumber, 1 3, 8",
        "fd_renumber, 1 -1, 8",
        "fd_renumber, 4 1, 8",
        "fd_readdir, 0 -1 -1 0 -1, 54",
        "path_open, 3 0 -1 -1 0 0 0 0 -1, 8",
        "path_open, 0 0 -1 -1 0 0 0 0 -1, 54",
        "path_symlink, -1 -1 3 -1 -1, 8",
        "path_symlink, 0 0 1 0 0, 54",
        "path_create_directory, 1 0 0, 54",
        "path_create_directory, 3 0 0, 8",
        "path_filestat_get, 1 0 0 0 0, 54",
        "path_filestat_get, 3 0 0 0 0, 8",
        "path_filestat_set_times, 1 0 0 0 0 0 0, 54",
        "path_filestat_set_times, 3 0 0 0 0 0 0, 8",
        "path_link, 1 0 0 0 1 0 0, 54",
        "path_link, 3 0 0 0 1 0 0, 8",
        "path_readlink, 1 0 0 0 0 0, 54",
        "path_readlink, 3 0 0 0 0 0, 8",
        "path_remove_directory, 1 0 0, 54",
        "path_remove_directory, 3 0 0, 8",
        "path_rename, 1 0 0 1 0 0, 54",
        "path_rename, 3 0 0 1 0 0, 8",
        "path_unlink_file, 1 0 0, 54",
        "path_unlink_file, 3 0 0, 8",
        "sock_accept, 0 0 -1, 57",
        "sock_accept, 3 0 -1, 8",
        "sock_shutdown, 0 1, 57",
        "sock_shutdown, 3 1, 8",
        "sock_recv, 0 -1 -1 0 -1 -1, 57",
        "sock_send, 5 -1 -1 0 -1, 8",
        "proc_raise, 9, 52",
        "proc_raise, 0, 0",
        "proc_raise, 31, 28",
        "proc_raise, -1, 28",
        "sched_yield, '', 0",
    })
    void answersWithTheRightError(String function, String arguments, int error) {
        assertThat(ran(run(Wat.wasm(calling(function, arguments)))).end())
                .describedAs(function + " " + arguments)
                .isEqualTo(new End.Exited(error));
    }

    @Test
    void hasEveryFunctionAndSurvivesEveryPointer() {
        long seed = Long.getLong("wasmwiz.fuzz.seed", 20_261_120);
        var random = new Random(seed);
        List<String> names = Preview1.FUNCTIONS.keySet().stream()
                .filter(name -> !name.equals("proc_exit"))
                .sorted()
                .toList();
        String imports = names.stream().map(Preview1::imported).collect(Collectors.joining("\n"));
        for (int program = 0; program < 40; program++) {
            String calls = IntStream.range(0, 60)
                    .mapToObj(i -> names.get(random.nextInt(names.size())))
                    .map(name ->
                            "(drop (call $" + name + " " + randomArguments(random, Preview1.parameters(name)) + "))")
                    .collect(Collectors.joining("\n"));
            String text = "(module " + imports + "(memory 1) (func (export \"_start\") " + calls + "))";

            RunLimits limits = new RunLimits(Duration.ofMillis(500), 1, 5_000, 5_000);
            Ran ran = ran(sandbox.run(request(Wat.wasm(text), "some input", limits)));

            assertThat(ran.end())
                    .describedAs("seed %d program %d:%n%s", seed, program, text)
                    .isIn(new End.Exited(0), new End.TimedOut());
        }
    }

    @Test
    void refusesToWriteMoreThanItCanReport() {
        String twice = "(memory 65536) (data (i32.const 4) \"\\00\\00\\00\\ff\\00\\00\\00\\00\\00\\00\\00\\ff\")";
        byte[] wasm = Wat.wasm(Wat.program(
                twice, "(call $proc_exit (call $fd_write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 16)))"));
        RunLimits limits = new RunLimits(Duration.ofSeconds(10), 65_536, 100, 100);

        assertThat(ran(run(wasm, limits)).end()).isEqualTo(new End.Exited(28));
    }

    @ParameterizedTest
    @CsvSource({
        "1, (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8))",
        "0, (call $fd_read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 8))",
        "1, (call $fd_close (i32.const 1))",
    })
    void refusesClosedStreams(int stream, String use) {
        byte[] wasm = Wat.wasm("(module " + Preview1.imported("proc_exit") + Preview1.imported("fd_close")
                + Preview1.imported("fd_read") + Preview1.imported("fd_write")
                + "(memory 1) (func (export \"_start\") (if (call $fd_close (i32.const " + stream
                + ")) (then unreachable))"
                + "(call $proc_exit " + use + ")))");

        assertThat(ran(run(wasm)).end()).isEqualTo(new End.Exited(8));
    }

    @Test
    void waitsForTheFirstOfSeveralClocks() {
        // Subscriptions: an hour from now; 20 ms from now (user data 77); realtime in the year 2200, absolute.
        byte[] wasm = Wat.wasm(Wat.program("(memory 1)", """
                (i32.store (i32.const 16) (i32.const 1))
                (i64.store (i32.const 24) (i64.const 3600000000000))
                (i64.store (i32.const 48) (i64.const 77))
                (i32.store (i32.const 64) (i32.const 1))
                (i64.store (i32.const 72) (i64.const 20000000))
                (i64.store (i32.const 120) (i64.const 7258118400000000000))
                (i32.store16 (i32.const 136) (i32.const 1))
                (if (call $poll_oneoff (i32.const 0) (i32.const 1024) (i32.const 3) (i32.const 2048)) (then unreachable))
                (if (i32.ne (i32.load (i32.const 2048)) (i32.const 1)) (then unreachable))
                (if (i64.ne (i64.load (i32.const 1024)) (i64.const 77)) (then unreachable))
                (if (i32.load (i32.const 1032)) (then unreachable))
                """));

        Ran ran = ran(run(wasm));

        assertThat(ran.end()).isEqualTo(new End.Exited(0));
        assertThat(ran.usage().wallNanos()).isGreaterThanOrEqualTo(20_000_000);
    }

    @Test
    void reportsStreamsAndErrorsWithoutWaiting() {
        // Subscriptions: an hour; input readable (user data 5); output 9 writable; clock 8; an hour ago, absolute.
        byte[] wasm = Wat.wasm(Wat.program("(memory 1)", """
                (i64.store (i32.const 24) (i64.const 3600000000000))
                (i64.store (i32.const 48) (i64.const 5))
                (i32.store8 (i32.const 56) (i32.const 1))
                (i32.store8 (i32.const 104) (i32.const 2))
                (i32.store (i32.const 112) (i32.const 9))
                (i32.store (i32.const 160) (i32.const 8))
                (i64.store (i32.const 216) (i64.const 1))
                (i32.store16 (i32.const 232) (i32.const 1))
                (if (call $poll_oneoff (i32.const 0) (i32.const 1024) (i32.const 5) (i32.const 2048)) (then unreachable))
                (if (i32.ne (i32.load (i32.const 2048)) (i32.const 4)) (then unreachable))
                ;; readable: 3 bytes
                (if (i64.ne (i64.load (i32.const 1024)) (i64.const 5)) (then unreachable))
                (if (i32.ne (i32.load (i32.const 1032)) (i32.const 0x10000)) (then unreachable))
                (if (i64.ne (i64.load (i32.const 1040)) (i64.const 3)) (then unreachable))
                ;; bad stream, bad clock, due
                (if (i32.ne (i32.load (i32.const 1064)) (i32.const 0x20008)) (then unreachable))
                (if (i32.ne (i32.load (i32.const 1096)) (i32.const 28)) (then unreachable))
                (if (i32.load (i32.const 1128)) (then unreachable))
                """));

        assertThat(ran(run(wasm, "abc")).end()).isEqualTo(new End.Exited(0));
    }

    @Test
    void stopsTheCpuClocksWhileItSleeps() {
        // Sleeps 30 ms between two looks at each clock: monotonic 2000, process 2008, thread 2016. The second look goes
        // the other way round, so that what passes between two readings cannot make an inner clock the faster one.
        byte[] wasm =
                Wat.wasm("(module " + Preview1.imported("clock_time_get") + Preview1.imported("poll_oneoff") + """
                (memory 1)
                (func $look (param $at i32)
                  (if (call $clock_time_get (i32.const 1) (i64.const 0) (local.get $at)) (then unreachable))
                  (if (call $clock_time_get (i32.const 2) (i64.const 0) (i32.add (local.get $at) (i32.const 8)))
                    (then unreachable))
                  (if (call $clock_time_get (i32.const 3) (i64.const 0) (i32.add (local.get $at) (i32.const 16)))
                    (then unreachable)))
                (func $look_back (param $at i32)
                  (if (call $clock_time_get (i32.const 3) (i64.const 0) (i32.add (local.get $at) (i32.const 16)))
                    (then unreachable))
                  (if (call $clock_time_get (i32.const 2) (i64.const 0) (i32.add (local.get $at) (i32.const 8)))
                    (then unreachable))
                  (if (call $clock_time_get (i32.const 1) (i64.const 0) (local.get $at)) (then unreachable)))
                (func $between (param $at i32) (result i64)
                  (i64.sub (i64.load offset=100 (local.get $at)) (i64.load (local.get $at))))
                (func (export "_start")
                  (call $look (i32.const 2000))
                  (i32.store (i32.const 16) (i32.const 1))
                  (i64.store (i32.const 24) (i64.const 30000000))
                  (if (call $poll_oneoff (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 1100))
                    (then unreachable))
                  (call $look_back (i32.const 2100))
                  ;; The CPU clocks run, and slower than the monotonic one by what was slept.
                  (if (i64.eqz (call $between (i32.const 2016))) (then unreachable))
                  (if (i64.lt_u (call $between (i32.const 2008)) (call $between (i32.const 2016))) (then unreachable))
                  (if (i64.lt_u
                        (i64.sub (call $between (i32.const 2000)) (call $between (i32.const 2008)))
                        (i64.const 29900000))
                    (then unreachable))))
                """);

        assertThat(ran(run(wasm)).end()).isEqualTo(new End.Exited(0));
    }

    @Test
    void keepsFlagsAndGivesRightsAway() {
        byte[] wasm = Wat.wasm("(module " + Preview1.imported("fd_fdstat_set_flags")
                + Preview1.imported("fd_fdstat_set_rights") + Preview1.imported("fd_fdstat_get")
                + Preview1.imported("fd_read") + Preview1.imported("proc_exit") + """
                (memory 1)
                (func (export "_start")
                  (if (call $fd_fdstat_set_flags (i32.const 0) (i32.const 4)) (then unreachable))
                  (if (call $fd_fdstat_get (i32.const 0) (i32.const 64)) (then unreachable))
                  (if (i32.ne (i32.load (i32.const 64)) (i32.const 0x40000)) (then unreachable))
                  (if (call $fd_fdstat_set_rights (i32.const 0) (i64.const 0x200000) (i64.const 0)) (then unreachable))
                  (if (call $fd_fdstat_get (i32.const 0) (i32.const 64)) (then unreachable))
                  (if (i64.ne (i64.load (i32.const 72)) (i64.const 0x200000)) (then unreachable))
                  (if (i32.ne (call $fd_fdstat_set_flags (i32.const 0) (i32.const 0)) (i32.const 76))
                    (then unreachable))
                  (call $proc_exit (call $fd_read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 8)))))
                """);

        assertThat(ran(run(wasm, "abc")).end()).isEqualTo(new End.Exited(8));
    }

    @Test
    void writesToTheStreamThatADescriptorWasRenumberedTo() {
        byte[] wasm = Wat.wasm("(module " + Preview1.imported("fd_renumber") + Preview1.imported("fd_write")
                + Preview1.imported("proc_exit") + """
                (memory 1) (data (i32.const 0) "\\08\\00\\00\\00\\03\\00\\00\\00err")
                (func (export "_start")
                  (if (call $fd_renumber (i32.const 2) (i32.const 1)) (then unreachable))
                  (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)) (then unreachable))
                  (call $proc_exit (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 64)))))
                """);

        Ran ran = ran(run(wasm));

        assertThat(ran.end()).isEqualTo(new End.Exited(8));
        assertThat(text(ran.stderr())).isEqualTo("err");
        assertThat(ran.stdout()).isEmpty();
    }

    @Test
    void saysThatInputEnded() {
        // Input readable, of which there is none; the CPU clock, which cannot be awaited.
        byte[] wasm = Wat.wasm(Wat.program("(memory 1)", """
                (i32.store8 (i32.const 8) (i32.const 1))
                (i32.store (i32.const 64) (i32.const 2))
                (if (call $poll_oneoff (i32.const 0) (i32.const 1024) (i32.const 2) (i32.const 2048)) (then unreachable))
                (if (i32.ne (i32.load (i32.const 2048)) (i32.const 2)) (then unreachable))
                (if (i64.ne (i64.load (i32.const 1040)) (i64.const 0)) (then unreachable))
                (if (i32.ne (i32.load16_u (i32.const 1048)) (i32.const 1)) (then unreachable))
                (call $proc_exit (i32.load16_u (i32.const 1064)))
                """));

        assertThat(ran(run(wasm)).end()).isEqualTo(new End.Exited(58));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "125, 125", "126, 126", "255, 255", "256, 0", "-1, 255"})
    void exitsWithAByte(int code, int seen) {
        assertThat(ran(run(Wat.command("(call $proc_exit (i32.const " + code + "))")))
                        .end())
                .isEqualTo(new End.Exited(seen));
    }

    private static String calling(String function, String arguments) {
        String parameters = Preview1.parameters(function);
        List<String> values = Splitter.on(' ').splitToList(arguments);
        String passed = IntStream.range(0, parameters.length())
                .mapToObj(i -> Preview1.constant(parameters.charAt(i), values.get(i)))
                .collect(Collectors.joining(" "));
        return "(module " + Preview1.imported("proc_exit") + Preview1.imported(function)
                + "(memory 1) (func (export \"_start\") (call $proc_exit (call $" + function + " " + passed + "))))";
    }

    private static String randomArguments(Random random, String parameters) {
        return parameters
                .chars()
                .mapToObj(type -> Preview1.constant((char) type, String.valueOf(randomValue(random))))
                .collect(Collectors.joining(" "));
    }

    private static int randomValue(Random random) {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> random.nextInt(4);
            case 3 -> random.nextInt(65_536);
            case 4 -> 65_536 - random.nextInt(100);
            case 5 -> -random.nextInt(100);
            case 6 -> 1 << random.nextInt(32);
            default -> random.nextInt();
        };
    }

    private static byte[] resource(String name) {
        try (var in = WasiContract.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new AssertionError("resource " + name + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import io.wasmwiz.executor.sandbox.FileTree.File;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a guest sees of the files that came with its request. */
public abstract class WasiFilesContract extends SharedSandboxFixture {
    private static final FileTree TREE = FileTree.of(List.of(
            file("words.txt", "one two three\n"),
            file("a/b/deep.txt", "deep"),
            file("a/empty", ""),
            file("größe", "x")));

    /** Where a call's paths lie, one after the other. */
    private static final int PATHS = 4_096;

    @Test
    void servesACProgram() {
        var many = IntStream.range(0, 200)
                .mapToObj(i -> file("many/file-%03d".formatted(i), "content " + i))
                .toList();
        var files = new ArrayList<>(TREE.files());
        files.addAll(many);

        Ran ran = ran(sandbox.run(request(resource("files.wasm"), FileTree.of(files))));

        assertThat(text(ran.stderr())).isEmpty();
        assertThat(text(ran.stdout())).isEqualTo("""
                        words.txt: one two three
                        size 14, file
                        at 4: two
                        from the end: three
                        before: one
                        past the end: 0 bytes, end
                        pread at 4: two, still at 2
                        a: directory
                        / a größe many words.txt
                        a: b empty
                        many: 200 files, in order, 2090 bytes
                        again after 2: same
                        write: EROFS
                        create: EROFS
                        mkdir: EROFS
                        unlink: EROFS
                        rename: EROFS
                        rmdir: EROFS
                        missing: ENOENT
                        through a file: ENOTDIR
                        a directory to write: EISDIR
                        write to what is only read: EBADF
                        descriptors: 92
                        """);
        assertThat(ran.end()).isEqualTo(new End.Exited(0));
    }

    /**
     * {@code @} stands for a path and becomes its address and length. Results: 8 badf, 20 exist, 21 fault, 28 inval, 31
     * isdir, 37 nametoolong, 44 noent, 54 notdir, 57 notsock, 63 perm, 69 rofs, 76 notcapable.
     */
    @ParameterizedTest
    @CsvSource({
        "path_open, 3 0 @words.txt 0 2 0 0 0, 0",
        "path_open, 3 1 @a/../words.txt 0 2 0 4 0, 0",
        "path_open, 3 0 @a/.//b/deep.txt 1 2 0 0 65532, 0",
        "path_open, 3 0 @größe 0 2 0 0 0, 0",
        "path_open, 3 0 @a/ 2 16384 0 0 0, 0",
        "path_open, 3 0 @. 0 0 0 0 0, 0",
        "path_open, 3 0 @words.txt 0 64 0 0 0, 69",
        "path_open, 3 0 @words.txt 8 2 0 0 0, 69",
        "path_open, 3 0 @new 1 2 0 0 0, 69",
        "path_open, 3 0 @new/ 1 2 0 0 0, 69",
        "path_open, 3 0 @words.txt 5 2 0 0 0, 20",
        "path_open, 3 0 @words.txt 2 2 0 0 0, 54",
        "path_open, 3 0 @words.txt/ 0 2 0 0 0, 54",
        "path_open, 3 0 @words.txt/.. 0 2 0 0 0, 54",
        "path_open, 3 0 @words.tx 0 2 0 0 0, 44",
        "path_open, 3 0 @words.txt0 0 2 0 0 0, 44",
        "path_open, 3 0 @none/new 1 2 0 0 0, 44",
        "path_open, 3 0 0 0 0 2 0 0 0, 44",
        "path_open, 3 0 0 3 0 2 0 0 0, 28",
        "path_open, 3 0 @a 8 2 0 0 0, 31",
        "path_open, 3 0 @a 0 64 0 0 0, 31",
        "path_open, 3 0 @a 1 2 0 0 0, 31",
        "path_open, 3 0 @.. 0 2 0 0 0, 63",
        "path_open, 3 0 @a/../../a 0 2 0 0 0, 63",
        "path_open, 3 0 @/words.txt 0 2 0 0 0, 63",
        "path_open, 3 2 @a 0 2 0 0 0, 28",
        "path_open, 3 0 @a 16 2 0 0 0, 28",
        "path_open, 3 0 @a 0 2 0 32 0, 28",
        "path_open, 3 0 @a 0 2 0 0 65533, 21",
        "path_open, 3 0 65530 9 0 2 0 0 0, 21",
        "path_open, 3 0 1 -1 0 2 0 0 0, 21",
        "path_open, 3 0 4096 4097 0 2 0 0 0, 37",
        "path_open, 1 0 @a 0 2 0 0 0, 54",
        "path_open, 4 0 @a 0 2 0 0 0, 8",
        "path_filestat_get, 3 0 @a/b/deep.txt 65472, 0",
        "path_filestat_get, 3 1 @a 65473, 21",
        "path_filestat_get, 3 1 65535 2 0, 21",
        "path_filestat_get, 3 2 @a 0, 28",
        "path_filestat_get, 3 1 @none 0, 44",
        "path_filestat_get, 3 1 @../a 0, 63",
        "path_readlink, 3 @words.txt 0 10 0, 28",
        "path_readlink, 3 @none 0 10 0, 44",
        "path_readlink, 3 @words.txt 65530 10 0, 21",
        "path_readlink, 3 @words.txt 0 10 65533, 21",
        "path_create_directory, 3 @new, 69",
        "path_create_directory, 3 @a, 20",
        "path_create_directory, 3 @none/new, 44",
        "path_create_directory, 3 65535 2, 21",
        "path_unlink_file, 3 @words.txt, 69",
        "path_unlink_file, 3 @none, 44",
        "path_unlink_file, 3 -1 1, 21",
        "path_remove_directory, 3 @a/b, 69",
        "path_remove_directory, 3 65536 1, 21",
        "path_rename, 3 @words.txt 3 @new, 69",
        "path_rename, 3 @words.txt 3 @a/empty, 69",
        "path_rename, 3 @none 3 @new, 44",
        "path_rename, 3 @words.txt 5 @new, 8",
        "path_rename, 3 @words.txt 3 65535 2, 21",
        "path_link, 3 0 @words.txt 3 @new, 69",
        "path_link, 3 0 @words.txt 3 @a, 20",
        "path_link, 3 0 65535 2 3 @a, 21",
        "path_symlink, @words.txt 3 @new, 69",
        "path_symlink, @words.txt 3 @a, 20",
        "path_symlink, 65535 2 3 @new, 21",
        "path_symlink, @words.txt 3 65535 2, 21",
        "path_filestat_set_times, 3 0 @words.txt 0 0 0, 69",
        "path_filestat_set_times, 3 0 @none 0 0 0, 44",
        "path_filestat_set_times, 3 0 65535 2 0 0 0, 21",
        "fd_prestat_get, 3 65528, 0",
        "fd_prestat_get, 3 65529, 21",
        "fd_prestat_get, 4 0, 8",
        "fd_prestat_dir_name, 3 65535 1, 0",
        "fd_prestat_dir_name, 3 0 0, 37",
        "fd_prestat_dir_name, 3 65535 2, 21",
        "fd_readdir, 3 0 65532 0 65532, 0",
        "fd_readdir, 3 0 65532 -1 65532, 0",
        "fd_readdir, 3 1 65536 0 0, 21",
        "fd_readdir, 3 0 -1 0 0, 21",
        "fd_readdir, 3 0 10 0 65533, 21",
        "fd_fdstat_get, 3 65512, 0",
        "fd_fdstat_get, 3 65513, 21",
        "fd_filestat_get, 3 65472, 0",
        "fd_filestat_get, 3 65473, 21",
        "fd_read, 3 0 0 0, 31",
        "fd_pread, 3 0 0 0 0, 31",
        "fd_write, 3 0 0 0, 8",
        "fd_pwrite, 3 0 0 0 0, 8",
        "fd_seek, 3 0 0 0, 8",
        "fd_tell, 3 0, 8",
        "fd_advise, 3 0 0 0, 8",
        "fd_allocate, 3 0 1, 8",
        "fd_filestat_set_size, 3 0, 8",
        "fd_filestat_set_times, 3 0 0 0, 69",
        "fd_sync, 3, 0",
        "fd_datasync, 3, 0",
        "fd_renumber, 3 0, 0",
        "fd_close, 3, 0",
        "fd_close, 4, 8",
        "sock_accept, 3 0 0, 57",
        "sock_send, 3 0 0 0 0, 57",
    })
    void answersForADirectory(String function, String arguments, int error) {
        assertThat(exitOf("", function, arguments))
                .describedAs(function + " " + arguments)
                .isEqualTo(new End.Exited(error));
    }

    /** Descriptor 4 is of {@code words.txt}, which has 14 bytes. */
    @ParameterizedTest
    @CsvSource({
        "fd_seek, 4 14 0 65528, 0",
        "fd_seek, 4 9223372036854775807 0 0, 0",
        "fd_seek, 4 9223372036854775807 2 0, 28",
        "fd_seek, 4 -15 2 0, 28",
        "fd_seek, 4 -14 2 0, 0",
        "fd_seek, 4 -1 1 0, 28",
        "fd_seek, 4 0 3 0, 28",
        "fd_seek, 4 0 0 65529, 21",
        "fd_tell, 4 65528, 0",
        "fd_tell, 4 -1, 21",
        "fd_read, 4 65529 1 0, 21",
        "fd_read, 4 0 -1 0, 21",
        "fd_read, 4 0 0 65533, 21",
        "fd_read, 4 0 0 0, 0",
        "fd_pread, 4 65529 1 0 0, 21",
        "fd_pread, 4 0 0 0 65533, 21",
        "fd_pread, 4 0 0 -1 0, 28",
        "fd_pread, 4 0 0 9223372036854775807 0, 0",
        "fd_write, 4 0 0 0, 8",
        "fd_pwrite, 4 0 0 0 0, 8",
        "fd_advise, 4 0 -1 5, 0",
        "fd_advise, 4 0 0 6, 28",
        "fd_allocate, 4 0 1, 69",
        "fd_filestat_set_size, 4 0, 69",
        "fd_filestat_set_times, 4 0 0 0, 69",
        "fd_filestat_get, 4 65472, 0",
        "fd_filestat_get, 4 65473, 21",
        "fd_fdstat_set_flags, 4 4, 0",
        "fd_fdstat_set_flags, 4 16, 58",
        "fd_fdstat_set_rights, 4 2 0, 0",
        "fd_fdstat_set_rights, 4 64 0, 76",
        "fd_readdir, 4 0 100 0 200, 54",
        "fd_prestat_get, 4 0, 8",
        "fd_sync, 4, 0",
        "fd_datasync, 4, 0",
        "fd_renumber, 4 0, 0",
        "fd_renumber, 4 5, 8",
        "path_open, 4 0 @a 0 2 0 0 0, 54",
        "path_unlink_file, 4 @a, 54",
        "sock_recv, 4 0 0 0 0 0, 57",
        "fd_close, 4, 0",
        "fd_close, 5, 8",
    })
    void answersForAFile(String function, String arguments, int error) {
        String open = "(if (call $path_open (i32.const 3) (i32.const 0) (i32.const 2048) (i32.const 9) (i32.const 0)"
                + " (i64.const 0x08a000bf) (i64.const 0) (i32.const 0) (i32.const 2060)) (then unreachable))"
                + "(if (i32.ne (i32.load (i32.const 2060)) (i32.const 4)) (then unreachable))";
        assertThat(exitOf(open, function, arguments))
                .describedAs(function + " " + arguments)
                .isEqualTo(new End.Exited(error));
    }

    /** Without the right to read (2), to seek (4), to tell (32) and to be polled: each is refused, and the rest goes on. */
    @ParameterizedTest
    @CsvSource({
        "0, fd_read, 4 0 0 0, 8",
        "0, fd_seek, 4 1 0 0, 76",
        "0, fd_tell, 4 0, 76",
        "32, fd_seek, 4 0 1 0, 0",
        "32, fd_seek, 4 1 1 0, 76",
        "0, fd_filestat_get, 4 0, 76",
        "0, fd_fdstat_set_flags, 4 0, 76",
        "0, fd_fdstat_get, 4 0, 0",
    })
    void honoursTheRightsThatWereAskedFor(long rights, String function, String arguments, int error) {
        String open = "(if (call $path_open (i32.const 3) (i32.const 0) (i32.const 2048) (i32.const 9) (i32.const 0)"
                + " (i64.const " + rights + ") (i64.const 0) (i32.const 0) (i32.const 2060)) (then unreachable))";

        assertThat(exitOf(open, function, arguments)).isEqualTo(new End.Exited(error));
    }

    @Test
    void survivesEveryPath() {
        long seed = Long.getLong("wasmwiz.fuzz.seed", 20_261_128);
        var random = new Random(seed);
        String[] parts = {"a", "b", "..", ".", "", "words.txt", "deep.txt", "größe", "x"};
        List<String> names = List.of(
                "path_open",
                "path_filestat_get",
                "path_create_directory",
                "path_unlink_file",
                "path_rename",
                "path_readlink",
                "fd_readdir",
                "fd_pread",
                "fd_seek",
                "fd_read",
                "fd_renumber",
                "fd_close");
        String imports = names.stream().map(Preview1::imported).collect(Collectors.joining("\n"));
        for (int program = 0; program < 20; program++) {
            var paths = new StringBuilder();
            while (paths.length() < 2_000) {
                paths.append(parts[random.nextInt(parts.length)]).append(random.nextInt(12) == 0 ? "\\00" : "/");
            }
            String calls = IntStream.range(0, 150)
                    .mapToObj(i -> names.get(random.nextInt(names.size())))
                    .map(name -> "(drop (call $" + name + " "
                            + Preview1.parameters(name)
                                    .chars()
                                    .mapToObj(type -> Preview1.constant((char) type, String.valueOf(value(random))))
                                    .collect(Collectors.joining(" "))
                            + "))")
                    .collect(Collectors.joining("\n"));
            String text = "(module " + imports + "(memory 1) (data (i32.const 0) \"" + paths
                    + "\") (func (export \"_start\") " + calls + "))";

            assertThat(ran(sandbox.run(request(Wat.wasm(text), TREE))).end())
                    .describedAs("seed %d program %d", seed, program)
                    .isEqualTo(new End.Exited(0));
        }
    }

    private static int value(Random random) {
        return switch (random.nextInt(6)) {
            case 0, 1 -> 3;
            case 2 -> random.nextInt(40);
            case 3 -> random.nextInt(2_000);
            case 4 -> 65_536 - random.nextInt(64);
            default -> random.nextInt();
        };
    }

    private End exitOf(String before, String function, String arguments) {
        var data = new StringBuilder("(data (i32.const 2048) \"words.txt\")");
        List<String> values = new ArrayList<>();
        int at = PATHS;
        for (String argument : Splitter.on(' ').split(arguments)) {
            if (argument.startsWith("@")) {
                String path = argument.substring(1);
                int bytes = path.getBytes(StandardCharsets.UTF_8).length;
                data.append("(data (i32.const ")
                        .append(at)
                        .append(") \"")
                        .append(path)
                        .append("\")");
                values.add(String.valueOf(at));
                values.add(String.valueOf(bytes));
                at += bytes;
            } else {
                values.add(argument);
            }
        }
        String parameters = Preview1.parameters(function);
        String passed = IntStream.range(0, parameters.length())
                .mapToObj(i -> Preview1.constant(parameters.charAt(i), values.get(i)))
                .collect(Collectors.joining(" "));
        String imports = List.of("proc_exit", "path_open", function).stream()
                .distinct()
                .map(Preview1::imported)
                .collect(Collectors.joining());
        String text = "(module " + imports + "(memory 1) " + data + "(func (export \"_start\") " + before
                + "(call $proc_exit (call $" + function + " " + passed + "))))";
        return ran(sandbox.run(request(Wat.wasm(text), TREE))).end();
    }

    private static RunRequest request(byte[] wasm, FileTree files) {
        return new RunRequest(code(wasm), new byte[0], List.of(), Map.of(), files, LIMITS);
    }

    private static File file(String path, String content) {
        return new File(path, content.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] resource(String name) {
        try (var in = WasiFilesContract.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new AssertionError("resource " + name + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

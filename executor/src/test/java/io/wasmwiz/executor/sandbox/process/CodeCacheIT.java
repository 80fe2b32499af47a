package io.wasmwiz.executor.sandbox.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.Wat;
import io.wasmwiz.executor.sandbox.process.RunCodec.ModuleKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Code on disk: found again, bounded, cleaned up, and executed only where nobody else can write. */
class CodeCacheIT extends ProcessFixture {
    @TempDir
    private Path temp;

    private Path directory = Path.of("");

    @BeforeEach
    void letOtherUsersEnter() throws IOException {
        Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
        directory = temp.resolve("code");
    }

    @Test
    void compilesNothingAgainAfterARestart() {
        open(new Sandboxes(1).codeCache(directory, 10));
        assertThat(compile(NOTHING)).isEqualTo(new Compilation.Compiled(false));
        sandbox().close();

        open(new Sandboxes(1).codeCache(directory, 10));

        assertThat(compile(NOTHING)).isEqualTo(new Compilation.Compiled(true));
        assertThat(ran(run(NOTHING, "")).usage().cacheHit()).isTrue();
        assertThat(meter("wasmwiz.sandbox.compile")).isZero();
    }

    /** The engine keeps notes beside the code from a thread of its own, at any time. */
    @Test
    void keepsCodeWhileTheEngineChangesItsNotes() throws Exception {
        CacheDirectory cacheDirectory = CacheDirectory.open(Optional.of(directory), Isolation.probe(70_000));
        ModuleCode module = code(NOTHING);
        try (CodeCache cache = CodeCache.open(cacheDirectory, 1 << 20, 10)) {
            cache.compilerSettings(0, 70_000);
            Path made = Files.createDirectories(directory.resolve("compile-0/modules/engine"));
            AtomicBoolean done = new AtomicBoolean();
            Thread engine = new Thread(() -> {
                for (int i = 0; !done.get(); i++) {
                    note(made.resolve("code.stats.wip-" + i % 100));
                }
            });
            engine.start();
            try {
                for (int i = 0; i < 300; i++) {
                    Files.write(made.resolve("code"), new byte[] {1});
                    assertThat(cache.keep(ModuleKey.of(module), 0)).isTrue();
                }
            } finally {
                done.set(true);
                engine.join();
            }
        }
    }

    private static void note(Path file) {
        try {
            Files.write(file, new byte[0]);
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void forgetsWhatWasNotUsedForLongest() {
        open(new Sandboxes(1).codeCache(directory, 2));
        byte[] first = Wat.command("(drop (i32.const 1))");
        byte[] second = Wat.command("(drop (i32.const 2))");
        byte[] third = Wat.command("(drop (i32.const 3))");
        compile(first);
        compile(second);
        compile(first);

        compile(third);

        assertThat(meter("wasmwiz.sandbox.code.modules")).isEqualTo(2);
        assertThat(compile(first)).isEqualTo(new Compilation.Compiled(true));
        assertThat(compile(second)).isEqualTo(new Compilation.Compiled(false));
        assertThat(ran(run(third, "")).end()).isEqualTo(EXITED);
        assertThat(ran(run(second, "")).end()).isEqualTo(EXITED);
    }

    @Test
    void compilesEachAccountsModuleItself() {
        open(new Sandboxes(1).codeCache(directory, 10));
        compile(NOTHING);
        var ofAnother = new ModuleCode(new UUID(2, 2), code(NOTHING).digest(), NOTHING);

        assertThat(get(sandbox().compile(ofAnother).toCompletableFuture())).isEqualTo(new Compilation.Compiled(false));
        assertThat(meter("wasmwiz.sandbox.code.modules")).isEqualTo(2);
    }

    @Test
    void refusesADirectoryThatAnotherExecutorUsesOrThatHoldsSomethingElse() throws IOException {
        open(new Sandboxes(1).codeCache(directory, 10));
        assertThatThrownBy(() -> new Sandboxes(1).codeCache(directory, 10).open(new SimpleMeterRegistry()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("in use by another executor");

        Path photos = Files.createDirectory(temp.resolve("photos"));
        Files.writeString(photos.resolve("me.jpg"), "me");
        assertThatThrownBy(() -> new Sandboxes(1).codeCache(photos, 10).open(new SimpleMeterRegistry()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("holds something else");
        assertThat(photos.resolve("me.jpg")).exists();
    }

    @Test
    void leavesNothingBehindAndRemovesWhatDeadExecutorsLeft() throws IOException {
        Path left = Files.createTempDirectory("wasmwiz-code-");
        Files.writeString(left.resolve("lock"), "");
        Files.createDirectories(left.resolve("modules/some"));

        open(new Sandboxes(1));

        assertThat(left).doesNotExist();
        Path mine = cacheDirectoryOf(processes("RUN").get(0));
        assertThat(mine).isDirectory();
        sandbox().close();
        assertThat(mine).doesNotExist();
    }

    @Test
    void keepsItsLockWhileAnotherExecutorStartsInTheSameProcess() throws IOException {
        open(new Sandboxes(1));
        Path mine = cacheDirectoryOf(processes("RUN").get(0));

        new Sandboxes(1).open(new SimpleMeterRegistry()).close();

        String locked = ":" + Files.getAttribute(mine.resolve("lock"), "unix:ino") + " ";
        assertThat(Files.readAllLines(Path.of("/proc/locks")))
                .anyMatch(line -> line.contains(" POSIX ") && line.contains(locked));
    }

    @Test
    void keepsOthersOut() throws IOException {
        open(new Sandboxes(1));
        compile(NOTHING);

        Path mine = cacheDirectoryOf(processes("RUN").get(0));
        try (Stream<Path> files = Files.walk(mine.resolve("modules"))) {
            assertThat(files).isNotEmpty().allSatisfy(file -> {
                assertThat(Files.getOwner(file).getName()).isEqualTo(System.getProperty("user.name"));
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .matches("rw[x-][r-]-[x-]---");
            });
        }
    }

    private static Path cacheDirectoryOf(ProcessHandle process) {
        String settings = Stream.of(process.info().arguments().orElseThrow())
                .filter(argument -> argument.endsWith("run.toml"))
                .findFirst()
                .orElseThrow();
        return Path.of(settings).resolveSibling("");
    }
}

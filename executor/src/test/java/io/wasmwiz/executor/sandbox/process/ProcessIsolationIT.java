package io.wasmwiz.executor.sandbox.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a sandbox process is without, looked up where the kernel says so. */
class ProcessIsolationIT extends ProcessFixture {
    private static final boolean ROOT = System.getProperty("user.name").equals("root");

    @Test
    void givesProcessesNeitherEnvironmentNorOpenFilesNorPrivileges() throws IOException {
        try (var secret = new ServerSocket(0)) {
            open(new Sandboxes(2));
            assertThat(ran(run(NOTHING, "")).end()).isEqualTo(EXITED);

            List<String> ours = openFiles(ProcessHandle.current()).stream()
                    .filter(file -> file.startsWith("socket:"))
                    .toList();
            assertThat(secret.isBound()).isTrue();
            assertThat(ours).isNotEmpty();
            Stream.concat(processes("RUN").stream(), processes("COMPILE").stream())
                    .forEach(process -> assertThat(openFiles(process)).doesNotContainAnyElementsOf(ours));
        }
        for (ProcessHandle process : Stream.concat(processes("RUN").stream(), processes("COMPILE").stream())
                .toList()) {
            assertThat(read(process, "environ")).isEmpty();
            assertThat(read(process, "status"))
                    .containsPattern("NoNewPrivs:\\s+1")
                    .containsPattern("CapEff:\\s+0000000000000000");
            assertThat(read(process, "limits"))
                    .containsPattern("Max core file size\\s+0\\s+0")
                    .containsPattern("Max open files\\s+256\\s+256")
                    .containsPattern("Max data size\\s+[0-9]+\\s+[0-9]+");
        }
    }

    @Test
    void givesEachProcessAUserOfItsOwn() throws IOException {
        assumeTrue(ROOT, "only root can switch users");
        open(new Sandboxes(2));
        assertThat(ran(run(NOTHING, "")).end()).isEqualTo(EXITED);

        List<Object> users = Stream.concat(processes("RUN").stream(), processes("COMPILE").stream())
                .map(process -> user(process))
                .toList();

        assertThat(users).doesNotHaveDuplicates().allMatch(user -> (int) user > 47_200);
    }

    @Test
    void leavesProcessesWithoutANetwork() throws IOException {
        assumeTrue(works("unshare", ROOT ? "--net" : "--user", "--net", "true"), "no network namespaces here");
        open(new Sandboxes(1));

        String ours = Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
        assertThat(Files.readSymbolicLink(path(processes("RUN").get(0), "ns/net"))
                        .toString())
                .isNotEqualTo(ours);
        assertThat(read(processes("RUN").get(0), "net/dev")).doesNotContain("eth0");
    }

    @Test
    void startsProcessesThroughSetpriv() {
        open(new Sandboxes(1).launcher("setpriv", "--no-new-privs", "--bounding-set=-all"));

        assertThat(ran(run(NOTHING, "")).end()).isEqualTo(EXITED);
    }

    @Test
    void startsProcessesThroughBubblewrap() {
        String[] bwrap = {
            "bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"
        };
        assumeTrue(works(Stream.concat(Stream.of(bwrap), Stream.of("true")).toArray(String[]::new)), "no bwrap here");
        // A compiler must be able to write its directory, and nothing else.
        open(new Sandboxes(1)
                .launcher(Stream.concat(Stream.of(bwrap), Stream.of("--bind", "/tmp", "/tmp"))
                        .toArray(String[]::new)));

        assertThat(ran(run(NOTHING, "")).end()).isEqualTo(EXITED);
        processes("RUN").forEach(ProcessHandle::destroyForcibly);
        assertThat(ran(run(NOTHING, "")).end()).isEqualTo(EXITED);
    }

    private static Object user(ProcessHandle process) {
        try {
            return Files.getAttribute(path(process, ""), "unix:uid");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> openFiles(ProcessHandle process) {
        try (Stream<Path> files = Files.list(path(process, "fd"))) {
            return files.map(file -> {
                        try {
                            return Files.readSymbolicLink(file).toString();
                        } catch (IOException e) {
                            return "/dev/gone";
                        }
                    })
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path path(ProcessHandle process, String name) {
        return Path.of("/proc", String.valueOf(process.pid()), name);
    }

    private static String read(ProcessHandle process, String name) throws IOException {
        return Files.readString(path(process, name));
    }

    private static boolean works(String... command) {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

package io.wasmwiz.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's first command. */
class LocalOnceIT {
    @Test
    void runsTheWholePathAndLeavesNoProcess(@TempDir Path directory) throws Exception {
        Path data = directory.resolve("data");

        Program.Finished once = WasmWizScript.run(List.of(), "local", "--once", "--data-dir", data.toString());

        assertThat(once.exitCode()).as(once.stdout() + once.stderr()).isZero();
        assertThat(once.stdout())
                .contains("A RECEIPT IN EVERY REPLY EQUALS THE LEDGER ROW")
                .contains("agree in all 23 fields")
                .contains("charged 1,");
        assertThat(processesThatMention(data.toString())).isEmpty();
    }

    @Test
    void keepsAccountsKeysAndUsageInItsDataDirectory(@TempDir Path directory) throws Exception {
        String data = directory.resolve("data").toString();

        WasmWizScript.run(List.of(), "local", "--once", "--data-dir", data);
        Program.Finished second = WasmWizScript.run(List.of(), "local", "--once", "--data-dir", data);

        assertThat(second.exitCode()).as(second.stdout() + second.stderr()).isZero();
        assertThat(second.stdout()).contains("charged 2,");
    }

    @Test
    void worksForAUserWhoIsNotRoot() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "already run as such a user by the other tests");
        assumeTrue(
                attempt(nobody(
                        "test", "-r", Program.HOME.resolve("deploy/wasmwiz").toString())),
                "the repository lies where only root can read");
        Path directory = Files.createTempDirectory(
                "wasmwiz-nobody", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        run("chown", "65534:65534", directory.toString());

        Program.Finished once = WasmWizScript.run(
                nobody("env", "XDG_CACHE_HOME=" + directory),
                "local",
                "--once",
                "--data-dir",
                directory.resolve("data").toString());

        assertThat(once.exitCode()).as(once.stdout() + once.stderr()).isZero();
        assertThat(once.stdout()).contains("agree in all 23 fields");
        assertThat(processesThatMention(directory.toString())).isEmpty();
        run("rm", "-rf", directory.toString());
    }

    private static List<String> nobody(String... command) {
        List<String> prefixed = new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        prefixed.addAll(List.of(command));
        return prefixed;
    }

    private static boolean attempt(List<String> command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).start().waitFor() == 0;
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(attempt(List.of(command))).isTrue();
    }

    private static List<String> processesThatMention(String text) throws IOException {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes
                    .filter(process -> process.getFileName().toString().matches("[0-9]+"))
                    .map(process -> {
                        try {
                            return Files.readString(process.resolve("cmdline")).replace('\0', ' ');
                        } catch (IOException e) {
                            return "";
                        }
                    })
                    .filter(command -> command.contains(text))
                    .toList();
        }
    }
}

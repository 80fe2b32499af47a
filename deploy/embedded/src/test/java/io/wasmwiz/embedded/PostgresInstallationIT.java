package io.wasmwiz.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class PostgresInstallationIT {
    private WorkDirectory cache;

    @BeforeEach
    void createCache() throws IOException {
        cache = WorkDirectory.create();
    }

    @AfterEach
    void deleteCache() throws IOException {
        cache.close();
    }

    @Test
    void unpacksOnceForProcessesThatStartTogether() throws Exception {
        List<Process> jvms = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            jvms.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Unpack.class.getName(),
                            cache.path().toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        }
        List<String> homes = new ArrayList<>();
        for (Process jvm : jvms) {
            homes.add(jvm.inputReader().readLine());
            assertThat(jvm.waitFor()).isZero();
        }

        assertThat(homes).doesNotContainNull();
        assertThat(homes.stream().distinct()).hasSize(1);
        try (var entries = Files.list(cache.path())) {
            assertThat(entries.filter(Files::isDirectory)).containsExactly(Path.of(homes.get(0)));
        }
        assertWorks(new PostgresInstallation(Path.of(homes.get(0))));
    }

    @Test
    void unpacksAnewWhatIsNotWhole() throws IOException {
        PostgresInstallation first = PostgresInstallation.unpack(PostgresBinaries.onClassPath(), cache.path());
        Files.delete(first.home().resolve(".complete"));
        Files.delete(Path.of(first.program("postgres")));

        PostgresInstallation second = PostgresInstallation.unpack(PostgresBinaries.onClassPath(), cache.path());

        assertThat(second).isEqualTo(first);
        assertWorks(second);
    }

    @Test
    void saysWhichJarLacksTheBinaries() throws IOException {
        Path jar = cache.resolve("empty.jar");
        try (OutputStream out = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new java.util.zip.ZipEntry("readme"));
        }
        assertThatThrownBy(() -> PostgresInstallation.unpack(PostgresBinaries.inJar(jar), cache.path()))
                .isInstanceOf(EmbeddedServerException.class)
                .hasMessageContaining(jar.toString())
                .hasMessageContaining(".txz");
    }

    private static void assertWorks(PostgresInstallation installation) {
        ChildProcesses.Result result =
                ChildProcesses.run(List.of(installation.program("postgres"), "--version"), Duration.ofSeconds(10));
        assertThat(result.output()).startsWith("postgres (PostgreSQL) 18.");
    }

    /** Unpacks and says where. */
    static final class Unpack {
        private Unpack() {}

        public static void main(String[] arguments) {
            System.out.println(PostgresInstallation.unpack(PostgresBinaries.onClassPath(), Path.of(arguments[0]))
                    .home());
        }
    }
}

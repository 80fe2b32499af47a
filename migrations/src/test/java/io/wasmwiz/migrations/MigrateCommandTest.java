package io.wasmwiz.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MigrateCommandTest {
    @Test
    void createsTheNextFile(@TempDir Path directory) throws IOException {
        Files.createFile(directory.resolve("V0001__schema.sql"));
        Files.createFile(directory.resolve("V0009__later.sql"));
        Files.createFile(directory.resolve("notes.txt"));

        CommandRun run = CommandRun.of(Map.of(), "create", "add_module_labels", "--directory", directory.toString());

        Path file = directory.resolve("V0010__add_module_labels.sql");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).isEqualToIgnoringNewLines(file.toString());
        assertThat(file).content().startsWith("-- Add module labels.\n").contains("Never edit it");
    }

    @Test
    void createsTheFirstFile(@TempDir Path directory) {
        CommandRun.of(Map.of(), "create", "start", "--directory", directory.toString());
        assertThat(directory.resolve("V0001__start.sql")).exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Add", "add-labels", "_x", "x_", "a__b", "../up", "1st", "add labels", "ä"})
    void refusesANameThatIsNone(String name, @TempDir Path directory) throws IOException {
        CommandRun run = CommandRun.of(Map.of(), "create", name, "--directory", directory.toString());
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("lower-case words");
        try (var files = Files.list(directory)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void refusesANameThatIsTooLong(@TempDir Path directory) {
        CommandRun run = CommandRun.of(Map.of(), "create", "n".repeat(65), "--directory", directory.toString());
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("at most 64 characters");
    }

    @Test
    void refusesADirectoryThatIsNone(@TempDir Path directory) {
        CommandRun run = CommandRun.of(
                Map.of(),
                "create",
                "start",
                "--directory",
                directory.resolve("absent").toString());
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("there is no directory");
    }

    @Test
    void refusesToRunWithoutAUrl() {
        CommandRun run = CommandRun.of(Map.of(), "migrate");
        assertThat(run.exitCode()).isEqualTo(78);
        assertThat(run.err()).contains("--database-url (or the variable DATABASE_URL) is required");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mysql://u:s3cret@h/d",
                "postgresql://u:s3cret@h",
                "postgresql://u:s3cret@h:port/d",
                "postgresql://u:s3c ret@h/d",
                "jdbc:postgresql://h:port/d?user=u&password=s3cret"
            })
    void refusesAUrlThatIsNoneWithoutRepeatingIt(String url) {
        CommandRun run = CommandRun.of(Map.of("DATABASE_URL", url), "status");
        assertThat(run.exitCode()).isEqualTo(78);
        assertThat(run.err())
                .contains("--database-url")
                .contains("malformed database URL")
                .doesNotContain("s3c")
                .doesNotContain("\tat ");
    }

    @Test
    void reportsEveryFaultAtOnce() {
        CommandRun run = CommandRun.of(Map.of(), "migrate", "--wait=PT11M");
        assertThat(run.exitCode()).isEqualTo(78);
        assertThat(run.err()).contains("--wait").contains("0 to 600").contains("--database-url");
    }

    @Test
    void refusesAVariableThatIsUnknown() {
        CommandRun run = CommandRun.of(Map.of("WASMWIZ_WAITT", "PT1S"), "status");
        assertThat(run.exitCode()).isEqualTo(78);
        assertThat(run.err()).contains("unknown environment variable WASMWIZ_WAITT");
    }

    @Test
    void asksForACommand() {
        CommandRun run = CommandRun.of(Map.of());
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("migrate, status, validate, create");
    }
}

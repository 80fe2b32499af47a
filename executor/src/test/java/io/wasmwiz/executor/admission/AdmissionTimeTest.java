package io.wasmwiz.executor.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Days and minutes are the database's: however wrong an executor's own clock is, admission does not look at it. */
class AdmissionTimeTest {
    private static final List<String> OWN_CLOCKS =
            List.of("Instant.now(", "LocalDate.now(", "currentTimeMillis(", "java.time.Clock", "new Date(");

    @Test
    void admissionNeverReadsTheClockOfItsMachine() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/main/java/io/wasmwiz/executor/admission"))) {
            List<Path> sources =
                    files.filter(file -> file.toString().endsWith(".java")).toList();
            assertThat(sources).isNotEmpty();
            for (Path source : sources) {
                String text = Files.readString(source);
                assertThat(OWN_CLOCKS).as("%s", source).noneMatch(text::contains);
            }
        }
    }
}

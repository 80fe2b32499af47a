package io.wasmwiz.cli.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessCpuTest {
    private static final long NO_SUCH_PID = Integer.MAX_VALUE;

    @TempDir
    private Path proc;

    @Test
    void addsUserSystemAndEndedChildren() throws IOException {
        Files.createDirectories(proc.resolve(NO_SUCH_PID + ""));
        Files.writeString(
                proc.resolve(NO_SUCH_PID + "/stat"),
                NO_SUCH_PID + " (a) b) (c) S 1 2 3 4 5 6 7 8 9 10 100 20 3 4 20 0 30 0 1\n");

        assertThat(new ProcessCpu(proc, Map.of("odd name", NO_SUCH_PID)).sample())
                .containsEntry("odd name", (100 + 20 + 3 + 4) * 10_000L);
    }

    @Test
    void leavesOutProcessesThatAreGone() {
        assertThat(new ProcessCpu(proc, Map.of("gone", NO_SUCH_PID)).sample()).isEmpty();
        assertThat(ProcessCpu.difference(Map.of("a", 5L, "gone", 1L), Map.of("a", 9L)))
                .containsExactly(Map.entry("a", 4L));
    }
}

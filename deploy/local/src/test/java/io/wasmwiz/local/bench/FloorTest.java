package io.wasmwiz.local.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.cli.load.ProcessCpu;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FloorTest {
    private static final long SPUN_MICROS = 200_000;
    private static final int COUNT = 10;
    /** Linux counts in hundredths of a second. */
    private static final double LEAST_MICROS = (SPUN_MICROS - 20_000.0) / COUNT;

    private final ProcessCpu cpu =
            new ProcessCpu(Map.of("twin", ProcessHandle.current().pid()));

    @Test
    void sharesProcessorTimeOfThisProcess() {
        Floor.Clock clock = Floor.Clock.ofThisProcess();

        clock.start();
        spin();

        assertThat(clock.stop(COUNT).cpuMicros()).isBetween(LEAST_MICROS, (double) SPUN_MICROS);
    }

    @Test
    void addsProcessesThatTakePart() {
        Floor.Clock alone = new Floor.Clock(cpu, Set.of());
        Floor.Clock both = new Floor.Clock(cpu, Set.of("twin"));

        alone.start();
        both.start();
        spin();
        double bothMicros = both.stop(COUNT).cpuMicros();
        // Later, so that it counts no less of this process.
        double aloneMicros = alone.stop(COUNT).cpuMicros();

        assertThat(bothMicros - aloneMicros).isGreaterThan(LEAST_MICROS / 2);
    }

    private void spin() {
        long before = usedMicros();
        while (usedMicros() - before < SPUN_MICROS) {}
    }

    private long usedMicros() {
        return cpu.sample().getOrDefault("twin", 0L);
    }
}

package io.wasmwiz.local.bench;

import io.wasmwiz.cli.load.ProcessCpu;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/**
 * What others are measured against.
 *
 * @param perSecond how many a second
 * @param cpuMicros processor time of one, of this process and of others that took part
 */
record Floor(double perSecond, double cpuMicros) {
    /** Measures one floor at a time. For one thread. */
    static final class Clock {
        private final ProcessCpu others;
        private final Set<String> names;
        private Map<String, Long> othersBefore = Map.of();
        private Duration ownBefore = Duration.ZERO;
        private long startNanos;

        /**
         * Looks at this process and at others.
         *
         * @param names of those in {@code others} that take part
         */
        Clock(ProcessCpu others, Set<String> names) {
            this.others = others;
            this.names = Set.copyOf(names);
        }

        /** Looks at this process alone. */
        static Clock ofThisProcess() {
            return new Clock(new ProcessCpu(Map.of()), Set.of());
        }

        /** Whatever was before does not count. */
        void start() {
            othersBefore = others.sample();
            ownBefore = own();
            startNanos = System.nanoTime();
        }

        /** All of {@code count} are done. */
        Floor stop(long count) {
            double seconds = (System.nanoTime() - startNanos) / 1e9;
            long micros = own().minus(ownBefore).toNanos() / 1_000;
            Map<String, Long> used = ProcessCpu.difference(othersBefore, others.sample());
            for (String name : names) {
                micros += used.getOrDefault(name, 0L);
            }
            return new Floor(count / seconds, (double) micros / count);
        }

        private static Duration own() {
            return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
        }
    }
}

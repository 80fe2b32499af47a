package io.wasmwiz.executor.bench;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.process.ProcessConfig;
import io.wasmwiz.executor.sandbox.process.ProcessSandbox;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What it costs to run guests in processes of their own. Stateless. */
final class BoundaryMeasurements {
    /** The first of the user ids that processes get where this one may switch. */
    private static final int FIRST_USER_ID = 47_200;

    private static final long MIB = 1L << 20;

    private BoundaryMeasurements() {}

    /**
     * Many runs through the boundary.
     *
     * @param runsPerSecond from one submitting thread
     * @param cpuMicrosPerRun of this process and all its children together
     * @param medianMicros wall time of a run inside its process
     */
    record Throughput(double runsPerSecond, double cpuMicrosPerRun, double medianMicros) {}

    /** As an executor opens it, with exactly so many processes. */
    static SandboxRuntime open(SandboxConfig config, int processes) {
        return ProcessSandbox.open(
                config,
                new ProcessConfig(
                        processes,
                        processes,
                        1_024 * MIB,
                        Duration.ofMillis(500),
                        Duration.ofMillis(100),
                        Duration.ofMinutes(1),
                        2,
                        Duration.ofSeconds(30),
                        2_048 * MIB,
                        Optional.empty(),
                        1_024 * MIB,
                        16_384,
                        FIRST_USER_ID,
                        List.of(),
                        List.of()),
                new SimpleMeterRegistry());
    }

    /** Runs trivial guests until code and caches are warm, and then {@code runs} of them. */
    static Throughput throughput(SandboxMeasurements measure, int runs) {
        measure.pipelined(runs, i -> BenchGuests.echo());
        Duration cpuBefore = cpu();
        SandboxMeasurements.Pipelined pipelined = measure.pipelined(runs, i -> BenchGuests.echo());
        Duration cpu = cpu().minus(cpuBefore);
        return new Throughput(
                1e6 / pipelined.microsPerRun(),
                cpu.toNanos() / 1e3 / runs,
                SandboxMeasurements.percentile(pipelined.sortedWallNanos(), 0.5) / 1e3);
    }

    /** From the kill of every process that runs guests to the end of the next run. */
    static Duration replacement(SandboxMeasurements measure) {
        ProcessHandle.current()
                .descendants()
                .filter(process -> Stream.of(process.info().arguments().orElseGet(() -> new String[0]))
                        .anyMatch("RUN"::equals))
                .forEach(ProcessHandle::destroyForcibly);
        long start = System.nanoTime();
        measure.pipelined(1, i -> BenchGuests.echo());
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** CPU time of this process and all that descend from it, as the kernel counts it: in steps of some milliseconds. */
    static Duration cpu() {
        ProcessHandle self = ProcessHandle.current();
        return Stream.concat(Stream.of(self), self.descendants())
                .map(process -> process.info().totalCpuDuration().orElse(Duration.ZERO))
                .reduce(Duration.ZERO, Duration::plus);
    }
}

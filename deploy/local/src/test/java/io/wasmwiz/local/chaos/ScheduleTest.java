package io.wasmwiz.local.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.local.cluster.ClusterSize;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final ClusterSize SIZE = new ClusterSize(3, 3, 2, 320, 512, 256);
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final Duration GAP = Duration.ofMillis(4_500);

    @Test
    void isAFunctionOfTheSeed() {
        assertThat(Schedule.of(7, MINUTE, GAP, Scenario.ALL, SIZE))
                .isEqualTo(Schedule.of(7, MINUTE, GAP, Scenario.ALL, SIZE))
                .isNotEqualTo(Schedule.of(8, MINUTE, GAP, Scenario.ALL, SIZE));
    }

    @Test
    void endsInTimeAndMeetsNoTargetThatIsAway() {
        for (long seed = 0; seed < 200; seed++) {
            Map<String, Duration> away = new HashMap<>();
            Duration last = Duration.ZERO;
            for (Fault fault : Schedule.of(seed, MINUTE, GAP, Scenario.ALL, SIZE)) {
                assertThat(fault.at()).isGreaterThanOrEqualTo(last);
                assertThat(fault.end()).isLessThanOrEqualTo(MINUTE);
                assertThat(fault.at()).isGreaterThan(away.getOrDefault(fault.target(), Duration.ZERO));
                away.put(fault.target(), fault.end());
                last = fault.at();
            }
        }
    }

    @Test
    void bringsEveryKindToEveryProcessInSomeSeed() {
        List<Fault> all = new ArrayList<>();
        LongStream.range(0, 50).forEach(seed -> all.addAll(Schedule.of(seed, MINUTE, GAP, Scenario.ALL, SIZE)));

        assertThat(all.stream().map(Fault::target).collect(Collectors.toSet()))
                .containsExactlyInAnyOrder(
                        "postgresql",
                        "controller",
                        "broker-1",
                        "broker-2",
                        "broker-3",
                        "executor-1",
                        "executor-2",
                        "executor-3",
                        "metering-1",
                        "metering-2",
                        "link-postgresql",
                        "link-broker-1",
                        "link-broker-2",
                        "link-broker-3",
                        "link-executor-1",
                        "link-executor-2",
                        "link-executor-3",
                        "queues");
        assertThat(all.stream().map(Fault::kind).collect(Collectors.toSet())).containsOnly(Fault.Kind.values());
        assertThat(all)
                .filteredOn(fault -> fault.kind() == Fault.Kind.KILL_SANDBOX)
                .allMatch(fault -> fault.target().startsWith("executor-"));
    }

    @Test
    void hasFewerFaultsTheLongerTheGap() {
        List<Fault> dense = Schedule.of(3, MINUTE, Duration.ofSeconds(1), Scenario.LINKS, SIZE);
        List<Fault> sparse = Schedule.of(3, MINUTE, Duration.ofSeconds(8), Scenario.LINKS, SIZE);

        assertThat(sparse).isNotEmpty();
        assertThat(dense).hasSizeGreaterThan(3 * sparse.size());
    }

    @Test
    void keepsToItsScenario() {
        assertThat(Schedule.of(1, MINUTE, GAP, Scenario.LOG, SIZE))
                .isNotEmpty()
                .allMatch(fault ->
                        fault.target().startsWith("broker-") || fault.target().equals("controller"));
        assertThat(Schedule.of(1, MINUTE, GAP, Scenario.LINKS, SIZE))
                .isNotEmpty()
                .allMatch(fault -> fault.target().startsWith("link-"));
        assertThat(Schedule.of(1, MINUTE, GAP, Scenario.QUEUES, SIZE))
                .isNotEmpty()
                .allMatch(fault -> fault.kind() == Fault.Kind.FLOOD);
    }
}

package io.wasmwiz.cli.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoadLoopTest {
    private static final Duration LONG = Duration.ofHours(1);

    /** Time that passes only when someone sleeps or works. */
    private static final class SteppedTicker implements Ticker {
        private long now = 1_000_000_000_000L;

        @Override
        public long nanos() {
            return now;
        }

        @Override
        public void sleepUntil(long nanos) {
            now = Math.max(now, nanos);
        }

        void pass(Duration duration) {
            now += duration.toNanos();
        }
    }

    @Test
    void openLoopChargesAStallToEveryCallThatItDelayed() throws InterruptedException {
        SteppedTicker ticker = new SteppedTicker();
        Tally tally = new Tally();
        int[] calls = {0};
        LoadLoop loop = new LoadLoop(
                ending -> {
                    // The 101st call stalls the client for a second; all others take no time.
                    if (calls[0]++ == 100) {
                        ticker.pass(Duration.ofSeconds(1));
                    }
                    ending.replied("COMPLETED");
                },
                ticker);

        loop.run(new LoadPlan(1_000, 10, 2_000, LONG), tally, LONG);

        // Calls due during the stall waited 1000, 999, … 1 ms; the rest nothing.
        assertThat(tally.replies().getTotalCount()).isEqualTo(2_000);
        assertThat(tally.replies().getCountBetweenValues(1_001, Tally.LONGEST_MICROS))
                .isEqualTo(999);
        assertThat(tally.replies().getMaxValue()).isBetween(1_000_000L, 1_001_000L);
        assertThat(tally.replies().getValueAtPercentile(75)).isBetween(499_000L, 502_000L);
        assertThat(tally.replies().getValueAtPercentile(49)).isZero();
    }

    @Test
    void openLoopKeepsItsScheduleWhateverItsCallsTake() throws InterruptedException {
        SteppedTicker ticker = new SteppedTicker();
        List<Long> starts = new ArrayList<>();
        LoadLoop loop = new LoadLoop(
                ending -> {
                    starts.add(ticker.nanos());
                    ticker.pass(Duration.ofMillis(3));
                    ending.replied("COMPLETED");
                },
                ticker);

        Duration elapsed = loop.run(new LoadPlan(100, 1, Long.MAX_VALUE, Duration.ofSeconds(1)), new Tally(), LONG);

        assertThat(starts).hasSize(100);
        assertThat(starts.get(99) - starts.get(0)).isEqualTo(990_000_000);
        assertThat(elapsed).isEqualTo(Duration.ofMillis(993));
    }

    @Test
    void openLoopCountsCallsThatItCouldNotSend() throws InterruptedException {
        SteppedTicker ticker = new SteppedTicker();
        Tally tally = new Tally();
        List<LoadLoop.Ending> inProgress = new ArrayList<>();
        LoadLoop loop = new LoadLoop(
                ending -> {
                    inProgress.add(ending);
                    if (inProgress.size() == 3) {
                        inProgress.forEach(call -> call.replied("COMPLETED"));
                    }
                },
                ticker);

        loop.run(new LoadPlan(10, 3, 3, LONG), tally, LONG);
        assertThat(tally.callsNotSent()).isZero();

        LoadLoop stuck = new LoadLoop(inProgress::add, ticker);
        inProgress.clear();
        Tally full = new Tally();
        Thread answering = new Thread(() -> {
            while (full.callsNotSent() < 5) {
                Thread.onSpinWait();
            }
            inProgress.forEach(call -> call.replied("COMPLETED"));
        });
        answering.start();
        stuck.run(new LoadPlan(10, 2, 7, LONG), full, LONG);
        answering.join();

        assertThat(full.callsNotSent()).isEqualTo(5);
        assertThat(full.replies().getTotalCount()).isEqualTo(2);
    }

    @Test
    void closedLoopMeasuresFromTheStartAndStopsAtItsCount() throws InterruptedException {
        SteppedTicker ticker = new SteppedTicker();
        Tally tally = new Tally();
        LoadLoop loop = new LoadLoop(
                ending -> {
                    ticker.pass(Duration.ofMillis(2));
                    ending.replied("COMPLETED");
                },
                ticker);

        Duration elapsed = loop.run(new LoadPlan(0, 4, 50, LONG), tally, LONG);

        assertThat(tally.replies().getTotalCount()).isEqualTo(50);
        assertThat(tally.replies().getMinValue()).isBetween(1_999L, 2_001L);
        assertThat(tally.replies().getMaxValue()).isBetween(1_999L, 2_001L);
        assertThat(elapsed).isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void closedLoopStopsAtItsDuration() throws InterruptedException {
        SteppedTicker ticker = new SteppedTicker();
        Tally tally = new Tally();
        LoadLoop loop = new LoadLoop(
                ending -> {
                    ticker.pass(Duration.ofMillis(10));
                    ending.failed("QUOTA");
                },
                ticker);

        loop.run(new LoadPlan(0, 1, Long.MAX_VALUE, Duration.ofSeconds(1)), tally, LONG);

        assertThat(tally.reasons()).containsEntry("QUOTA", 100L);
        assertThat(tally.failures().getTotalCount()).isEqualTo(100);
        assertThat(tally.replies().getTotalCount()).isZero();
    }

    @Test
    void boundsWhatItCountsBy() {
        Tally tally = new Tally();
        for (int i = 0; i < 200; i++) {
            tally.failed(Long.MAX_VALUE, "REASON_" + i);
        }

        assertThat(tally.reasons()).hasSize(65).containsEntry("OTHER", 136L);
        assertThat(tally.failures().getMaxValue()).isGreaterThanOrEqualTo(Tally.LONGEST_MICROS);
    }
}

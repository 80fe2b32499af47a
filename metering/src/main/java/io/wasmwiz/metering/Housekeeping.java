package io.wasmwiz.metering;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Small jobs that come round, one after the other on one thread. Thread-safe; its opener closes it. */
final class Housekeeping implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Housekeeping.class);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(10);

    private final ScheduledExecutorService scheduler;

    /** Starts a thread of this name. */
    Housekeeping(String threadName) {
        this.scheduler = Executors.newSingleThreadScheduledExecutor(runnable -> {
            Thread thread = new Thread(runnable, threadName);
            thread.setDaemon(true);
            return thread;
        });
    }

    private static final class Fault {
        private volatile String message = "has not run yet";
    }

    /** Work that may fail, or a question that throws for no. */
    interface Job {
        void run() throws Exception;
    }

    /**
     * Runs {@code job} now and then every {@code interval}, after a failure within ten seconds.
     *
     * @return throws while the newest run failed, and before the first has ended
     */
    Job repeat(String name, Duration interval, Job job) {
        Fault fault = new Fault();
        scheduler.execute(() -> run(name, interval, job, fault));
        return () -> {
            if (!fault.message.isEmpty()) {
                throw new IllegalStateException(fault.message);
            }
        };
    }

    /** As {@link #repeat}, but for the first time only after {@code interval}: nothing that a start has to wait for. */
    void repeatLater(String name, Duration interval, Job job) {
        var unused = scheduler.schedule(
                () -> run(name, interval, job, new Fault()), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void run(String name, Duration interval, Job job, Fault fault) {
        Duration wait = interval;
        try {
            job.run();
            fault.message = "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            fault.message = String.valueOf(e.getMessage());
            wait = interval.compareTo(AFTER_FAILURE) < 0 ? interval : AFTER_FAILURE;
            log.atWarn()
                    .addKeyValue("job", name)
                    .addKeyValue("cause", e.getMessage())
                    .log("job failed, trying again");
        }
        if (!scheduler.isShutdown()) {
            var unused =
                    scheduler.schedule(() -> run(name, interval, job, fault), wait.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}

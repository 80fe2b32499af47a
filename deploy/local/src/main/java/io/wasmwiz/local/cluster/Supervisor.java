package io.wasmwiz.local.cluster;

import io.wasmwiz.embedded.EmbeddedServerException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts a process of the cluster again when it has ended, whoever ended it: so stopping one from outside restarts it. One
 * that ends soon after each start is started ever later, at most every 15 s. Its opener closes it.
 */
final class Supervisor implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Supervisor.class);
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(15);
    private static final Duration STEADY = Duration.ofSeconds(30);

    /** Called after a process was started anew. */
    interface Listener {
        void restarted(Member member) throws Exception;
    }

    private static final class Attempts {
        private long startedNanos;
        private Duration wait = Duration.ZERO;
    }

    private final List<Member> members;
    private final Listener listener;
    private final Map<Member, Attempts> attempts = new HashMap<>();
    private final Thread thread;

    private Supervisor(List<Member> members, Listener listener) {
        this.members = members;
        this.listener = listener;
        this.thread = new Thread(this::watch, "cluster-supervisor");
        thread.setDaemon(true);
    }

    static Supervisor start(List<Member> members, Listener listener) {
        Supervisor supervisor = new Supervisor(members, listener);
        supervisor.thread.start();
        return supervisor;
    }

    private void watch() {
        try {
            while (true) {
                for (Member member : members) {
                    if (!member.isAlive()) {
                        restart(member);
                    }
                }
                Thread.sleep(LOOK.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void restart(Member member) throws InterruptedException {
        Attempts attempt = attempts.computeIfAbsent(member, key -> new Attempts());
        long sinceStart = System.nanoTime() - attempt.startedNanos;
        if (sinceStart > STEADY.toNanos()) {
            attempt.wait = Duration.ZERO;
        } else if (sinceStart < attempt.wait.toNanos()) {
            return;
        }
        attempt.startedNanos = System.nanoTime();
        attempt.wait = attempt.wait.isZero() ? Duration.ofMillis(500) : min(attempt.wait.multipliedBy(2));
        try {
            member.start();
            listener.restarted(member);
        } catch (InterruptedException e) {
            throw e;
        } catch (EmbeddedServerException e) {
            log.atWarn().setCause(e).addKeyValue("process", member.name()).log("could not start again");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static Duration min(Duration wait) {
        return wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
    }

    /** Stops watching; processes stay as they are. */
    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}

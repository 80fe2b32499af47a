package io.wasmwiz.executor.sandbox.queue;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Refuses the tasks of a queue that nobody took in time, when their time is over. One thread, which ends with its queue. */
public final class LateTasks {
    private static final Logger log = LoggerFactory.getLogger(LateTasks.class);

    private LateTasks() {}

    /**
     * Watches {@code queue} until it is closed.
     *
     * @return the thread that does, started
     */
    public static Thread watch(FairQueue<?> queue) {
        Thread thread = new Thread(() -> refuse(queue), "sandbox-late-tasks");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void refuse(FairQueue<?> queue) {
        boolean open = true;
        while (open) {
            try {
                open = queue.awaitLate();
            } catch (InterruptedException e) {
                log.atWarn().log("the watch over late tasks was interrupted and ends");
                return;
            }
        }
    }
}

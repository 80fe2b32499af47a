package io.wasmwiz.executor.sandbox.wasmtime;

import io.wasmwiz.executor.sandbox.queue.FairQueue;
import io.wasmwiz.executor.sandbox.queue.QueuedTask;

/** Work for a worker. One of {@link #perform} and {@link #refuse} ends it; at most one of them is called. */
interface Task extends QueuedTask {
    /** Does it, on the worker's thread. */
    void perform(Worker worker);

    /** Gives it up; {@code why} is not {@code ACCEPTED}. */
    void refuse(FairQueue.Offer why);
}

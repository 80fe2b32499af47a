package io.wasmwiz.executor.sandbox.wasmtime;

/** Work for a worker. Each of the two methods ends the task; at most one of them is called. */
interface Task {
    /** Does it, on the worker's thread. */
    void perform(Worker worker);

    /** Gives it up, because the sandbox is closing. */
    void abandon();
}

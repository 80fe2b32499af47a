package io.wasmwiz.executor;

import io.wasmwiz.service.ServiceCommand;

/** The executor's process. */
public final class ExecutorMain {
    private ExecutorMain() {}

    /** Serves until SIGTERM or SIGINT, then drains. */
    public static void main(String[] arguments) {
        System.exit(ServiceCommand.run(new ExecutorCommand(), System.getenv(), arguments));
    }
}

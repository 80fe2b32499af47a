package io.wasmwiz.metering.deadevents;

import io.wasmwiz.service.ServiceCommand;

/** Runs {@code wasmwiz dead-events}. */
public final class DeadEventsMain {
    private DeadEventsMain() {}

    public static void main(String[] arguments) {
        System.exit(ServiceCommand.run(new DeadEventsCommand(), System.getenv(), arguments));
    }
}

package io.wasmwiz.local;

import io.wasmwiz.service.ServiceCommand;
import io.wasmwiz.service.logging.Logging;

/** Entry point of {@code wasmwiz local}. */
public final class LocalMain {
    private LocalMain() {}

    public static void main(String[] arguments) {
        Logging.beQuiet();
        // Reports a stack trace at each restart, until the only controller there is has elected itself.
        Logging.silence("kafka.server.ControllerApis");
        System.exit(ServiceCommand.run(new LocalCommand(System.out), System.getenv(), arguments));
    }
}

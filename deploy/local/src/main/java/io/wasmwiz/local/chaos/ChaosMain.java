package io.wasmwiz.local.chaos;

import io.wasmwiz.service.ServiceCommand;
import io.wasmwiz.service.logging.Logging;

/** Entry point of {@code wasmwiz chaos}. */
public final class ChaosMain {
    private ChaosMain() {}

    public static void main(String[] arguments) {
        Logging.beQuiet();
        System.exit(ServiceCommand.run(new ChaosCommand(System.out), System.getenv(), arguments));
    }
}

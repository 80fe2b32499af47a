package io.wasmwiz.local.bench;

import io.wasmwiz.service.ServiceCommand;
import io.wasmwiz.service.logging.Logging;

/** Entry point of {@code wasmwiz bench}. */
public final class BenchMain {
    private BenchMain() {}

    public static void main(String[] arguments) {
        Logging.beQuiet();
        System.exit(ServiceCommand.run(new BenchCommand(), System.getenv(), arguments));
    }
}

package io.wasmwiz.metering;

import io.wasmwiz.service.ServiceCommand;

/** Runs a metering worker until SIGTERM. */
public final class MeteringMain {
    private MeteringMain() {}

    public static void main(String[] arguments) {
        System.exit(ServiceCommand.run(new MeteringCommand(), System.getenv(), arguments));
    }
}

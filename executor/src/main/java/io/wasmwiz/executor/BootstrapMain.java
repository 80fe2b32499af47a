package io.wasmwiz.executor;

import io.wasmwiz.service.ServiceCommand;

/** Makes the first operator. */
public final class BootstrapMain {
    private BootstrapMain() {}

    public static void main(String[] arguments) {
        System.exit(ServiceCommand.run(new BootstrapCommand(), System.getenv(), arguments));
    }
}

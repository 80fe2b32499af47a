package io.wasmwiz.local;

import io.wasmwiz.service.ServiceCommand;

/** Entry point of {@code wasmwiz local}. */
public final class LocalMain {
    private LocalMain() {}

    public static void main(String[] arguments) {
        System.exit(ServiceCommand.run(new LocalCommand(System.out), System.getenv(), arguments));
    }
}

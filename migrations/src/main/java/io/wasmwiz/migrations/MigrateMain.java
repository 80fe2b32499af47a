package io.wasmwiz.migrations;

import io.wasmwiz.service.ServiceCommand;

/** Applies migrations and looks at them. */
public final class MigrateMain {
    private MigrateMain() {}

    public static void main(String[] arguments) {
        System.exit(ServiceCommand.run(new MigrateCommand(), System.getenv(), arguments));
    }
}

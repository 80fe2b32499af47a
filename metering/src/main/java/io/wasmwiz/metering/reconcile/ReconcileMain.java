package io.wasmwiz.metering.reconcile;

import io.wasmwiz.service.ServiceCommand;

/** Compares the books once and ends with the verdict. */
public final class ReconcileMain {
    private ReconcileMain() {}

    public static void main(String[] arguments) {
        System.exit(ServiceCommand.run(new ReconcileCommand(), System.getenv(), arguments));
    }
}

package io.wasmwiz.executor.sandbox.wasmtime;

/** The engine, or the rewrite before it, does not take a module. Without a stack trace: it is a tenant's mistake. */
final class ModuleRejectedException extends Exception {
    private static final int MESSAGE_CHARACTERS = 1_024;

    ModuleRejectedException(String message) {
        super(message.substring(0, Math.min(message.length(), MESSAGE_CHARACTERS)), null, false, false);
    }

    /** For the module's author; at most 1,024 characters. */
    String message() {
        return String.valueOf(getMessage());
    }
}

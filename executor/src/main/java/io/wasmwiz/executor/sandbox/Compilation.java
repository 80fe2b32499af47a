package io.wasmwiz.executor.sandbox;

/** What came of compiling a module. */
public sealed interface Compilation {
    /** Compiled; {@code cached} when it was already. */
    record Compiled(boolean cached) implements Compilation {}

    /** The engine does not take it; {@code message} tells the module's author why. */
    record Rejected(String message) implements Compilation {}

    /** Not tried: the sandbox is full or closed. Trying again may help. */
    record Unavailable(String message) implements Compilation {}
}

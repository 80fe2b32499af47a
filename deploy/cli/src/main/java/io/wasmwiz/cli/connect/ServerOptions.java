package io.wasmwiz.cli.connect;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags that name a server and a key; a picocli mixin. */
public final class ServerOptions {
    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            description =
                    "Server, or several separated by commas, among which calls are spread; https://HOST[:PORT] for"
                            + " TLS. Default: WASMWIZ_SERVER, else the running local stack.")
    private @Nullable String server;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description =
                    "Key, or a tier's name (free, basic, pro) for the local stack's key of that tier. Other users of"
                            + " this machine can see flags: prefer WASMWIZ_KEY_FILE or WASMWIZ_KEY. Default: those, else"
                            + " the local stack's Free key.")
    private @Nullable String key;

    /** As given; null when it was not. */
    @Nullable
    String server() {
        return server;
    }

    /** As given; null when it was not. */
    @Nullable
    String key() {
        return key;
    }
}

package io.wasmwiz.local.cluster;

import java.util.Locale;

/** What a process of a cluster does. */
public enum Role {
    POSTGRESQL,
    CONTROLLER,
    BROKER,
    EXECUTOR,
    METERING;

    /** In names, for example {@code executor}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package io.wasmwiz.service.config;

import java.util.List;

/** A configuration that cannot work, with every fault that was found. The process exits with 78 (EX_CONFIG). */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> faults;

    ConfigException(List<String> faults) {
        super(String.join("\n", faults));
        this.faults = List.copyOf(faults);
    }

    /** One sentence a fault, naming the setting, its value unless secret, and what is allowed. */
    public List<String> faults() {
        return faults;
    }
}

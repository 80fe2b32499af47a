package io.wasmwiz.cli.load;

import java.util.Arrays;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What a call of the load is. */
enum LoadMode {
    /** One execution. */
    UNARY(8),
    /** An item of a batch that takes one stream. */
    BATCH(1_024),
    /** A health check: neither authenticated nor metered, so what the network and the two libraries cost. */
    EMPTY(8);

    private final int inFlight;

    LoadMode(int inFlight) {
        this.inFlight = inFlight;
    }

    /** Calls at once unless a number is given. */
    int inFlight() {
        return inFlight;
    }

    String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** By {@link #text}. */
    static final class Converter implements ITypeConverter<LoadMode> {
        @Override
        public LoadMode convert(String text) {
            return Arrays.stream(values())
                    .filter(mode -> mode.text().equals(text))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException("unary, batch or empty is expected"));
        }
    }
}

package io.wasmwiz.cli.admin;

import io.wasmwiz.cli.text.DurationConverter;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;

/** A duration, or 0 for none. */
final class GraceConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
        return text.equals("0") ? Duration.ZERO : new DurationConverter().convert(text);
    }
}

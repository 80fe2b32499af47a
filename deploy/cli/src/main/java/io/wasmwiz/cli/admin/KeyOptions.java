package io.wasmwiz.cli.admin;

import com.google.protobuf.FieldMask;
import com.google.protobuf.Timestamp;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.DurationConverter;
import io.wasmwiz.v1.KeyLimits;
import io.wasmwiz.v1.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags that say what a key is to be; a picocli mixin. */
final class KeyOptions {
    @Option(names = "--name", paramLabel = "LABEL", description = "Label, at most 128 characters.")
    private @Nullable String name;

    @Option(
            names = "--scopes",
            split = ",",
            paramLabel = "SCOPE",
            description = "Of execute, modules, usage, account and admin, separated by commas.")
    private @Nullable List<String> scopes;

    @Option(names = "--per-minute", paramLabel = "N", description = "Executions in a minute, at most the tier's.")
    private @Nullable Integer perMinute;

    @Option(names = "--per-day", paramLabel = "N", description = "Executions in a day, at most the tier's.")
    private @Nullable Integer perDay;

    @Option(names = "--memory-mib", paramLabel = "N", description = "Memory of a run, at most the tier's.")
    private @Nullable Integer memoryMib;

    @Option(
            names = "--run-time",
            paramLabel = "D",
            converter = DurationConverter.class,
            description = "Longest run, at most the tier's, for example 500ms.")
    private @Nullable Duration runTime;

    @Option(
            names = "--expires-in",
            paramLabel = "D",
            converter = DurationConverter.class,
            description = "How long it works from now, for example 720h.")
    private @Nullable Duration expiresIn;

    String name() {
        return name == null ? "" : name;
    }

    List<Scope> scopes() {
        return scopes == null
                ? List.of()
                : scopes.stream().map(KeyOptions::scope).toList();
    }

    KeyLimits limits() {
        KeyLimits.Builder limits = KeyLimits.newBuilder();
        if (perMinute != null) {
            limits.setExecutionsPerMinute(perMinute);
        }
        if (perDay != null) {
            limits.setExecutionsPerDay(perDay);
        }
        if (memoryMib != null) {
            limits.setMemoryMib(memoryMib);
        }
        if (runTime != null) {
            limits.setRunTimeMs((int) Math.min(Integer.MAX_VALUE, runTime.toMillis()));
        }
        return limits.build();
    }

    /** By this machine's clock; null: not given. */
    @Nullable
    Timestamp expiresAt() {
        if (expiresIn == null) {
            return null;
        }
        Instant end = Instant.now().plus(expiresIn);
        return Timestamp.newBuilder()
                .setSeconds(end.getEpochSecond())
                .setNanos(end.getNano())
                .build();
    }

    /** The fields that were given. */
    FieldMask.Builder mask() {
        FieldMask.Builder mask = FieldMask.newBuilder();
        add(mask, name, "name");
        add(mask, scopes, "scopes");
        add(mask, perMinute, "limits.executions_per_minute");
        add(mask, perDay, "limits.executions_per_day");
        add(mask, memoryMib, "limits.memory_mib");
        add(mask, runTime, "limits.run_time_ms");
        add(mask, expiresIn, "expires_at");
        return mask;
    }

    private static void add(FieldMask.Builder mask, @Nullable Object given, String path) {
        if (given != null) {
            mask.addPaths(path);
        }
    }

    private static Scope scope(String word) {
        for (Scope scope : Scope.values()) {
            if (scope != Scope.SCOPE_UNSPECIFIED && scope.name().equals("SCOPE_" + word.toUpperCase(Locale.ROOT))) {
                return scope;
            }
        }
        throw new CommandFailure(
                ExitCode.USAGE, "--scopes: there is no scope '" + word + "': execute, modules, usage, account, admin");
    }
}

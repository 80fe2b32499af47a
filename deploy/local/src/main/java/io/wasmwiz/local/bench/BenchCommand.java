package io.wasmwiz.local.bench;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What can be measured. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measures a part of WasmWiz beside its floor, on servers of its own on this machine.",
        subcommands = {MeteringBenchCommand.class, ExportBenchCommand.class})
final class BenchCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                Objects.requireNonNull(spec).commandLine(), "what to measure is expected: metering or export");
    }
}

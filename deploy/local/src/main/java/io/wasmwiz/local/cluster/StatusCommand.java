package io.wasmwiz.local.cluster;

import io.wasmwiz.embedded.EmbeddedServerException;
import io.wasmwiz.service.ServiceCommand;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code wasmwiz local status}. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Shows every process of a running cluster: role, process id, address, health and log.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:all serve", "1:some do not", "69:no cluster runs"})
public final class StatusCommand implements Callable<Integer> {
    private static final String ROW = "%-12s %8s  %-16s %-20s %s%n";

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private DataDirectoryOption data = new DataDirectoryOption();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        ClusterFile cluster;
        try {
            cluster = ClusterFile.read(data.directory());
        } catch (EmbeddedServerException e) {
            spec.commandLine().getErr().println("wasmwiz local status: " + e.getMessage());
            return ServiceCommand.EX_UNAVAILABLE;
        }
        out.printf(ROW, "process", "pid", "address", "health", "log");
        boolean allServe = true;
        for (ClusterFile.Entry entry : cluster.members()) {
            Health health = entry.health();
            allServe &= health.isServing();
            out.printf(ROW, entry.name(), entry.pid(), entry.address(), health.text(), entry.log());
        }
        out.flush();
        return allServe ? 0 : 1;
    }
}

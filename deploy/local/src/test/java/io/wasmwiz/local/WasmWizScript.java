package io.wasmwiz.local;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs {@code deploy/wasmwiz} as a person would, on what this build has just packaged. */
public final class WasmWizScript {
    /** Nothing is built, and what ends after seconds need not be compiled for hours. */
    private static final Map<String, String> ENVIRONMENT =
            Map.of("WASMWIZ_BUILD", "never", "WASMWIZ_JAVA_OPTS", "-XX:TieredStopAtLevel=1");

    private WasmWizScript() {}

    /** Runs {@code deploy/wasmwiz arguments…} behind {@code prefix} and waits for its end. */
    static Program.Finished run(List<String> prefix, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Program.HOME.resolve("deploy/wasmwiz").toString());
        command.addAll(List.of(arguments));
        return Program.run(ENVIRONMENT, command);
    }

    /** Runs a line of bash. */
    public static Program.Finished shell(Map<String, String> environment, String line)
            throws IOException, InterruptedException {
        Map<String, String> all = new HashMap<>(ENVIRONMENT);
        all.putAll(environment);
        return Program.run(all, List.of("bash", "-c", line));
    }
}

package io.wasmwiz.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs {@code deploy/wasmwiz} as a person would, on what this build has just packaged. */
final class WasmWizScript {
    /** Root of the repository. */
    static final Path HOME = Path.of("../..").toAbsolutePath().normalize();

    private static final long LIMIT_SECONDS = 120;

    /** What a command did. */
    record Finished(int exitCode, String stdout, String stderr) {}

    private WasmWizScript() {}

    /** Runs {@code deploy/wasmwiz arguments…} behind {@code prefix} and waits for its end. */
    static Finished run(List<String> prefix, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.add(HOME.resolve("deploy/wasmwiz").toString());
        command.addAll(List.of(arguments));
        return run(Map.of(), command);
    }

    /** Runs a line of bash in the root of the repository, without input. */
    static Finished shell(Map<String, String> environment, String line) throws IOException, InterruptedException {
        return run(environment, List.of("bash", "-c", line));
    }

    private static Finished run(Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        Path out = Files.createTempFile("wasmwiz", ".out");
        Path err = Files.createTempFile("wasmwiz", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(HOME.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().put("WASMWIZ_BUILD", "never");
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new IOException(command + " did not end:\n" + read(out) + read(err));
            }
            return new Finished(process.exitValue(), read(out), read(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.UTF_8);
    }
}

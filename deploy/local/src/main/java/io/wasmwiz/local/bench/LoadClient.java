package io.wasmwiz.local.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import io.wasmwiz.embedded.EmbeddedServerException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code wasmwiz load} in a process of its own, so that the client's processor time is known, too. */
final class LoadClient {
    private final BenchStack stack;
    private final Path home = Path.of(System.getProperty("wasmwiz.home", "."));

    LoadClient(BenchStack stack) {
        this.stack = stack;
    }

    /** Executions of the guest with its input. */
    LoadResult executions(String... flags) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(
                List.of(stack.module().toString(), "--input", stack.input().toString()));
        all.addAll(List.of(flags));
        return load(all);
    }

    /** Calls that do nothing. */
    LoadResult empty(String... flags) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("--mode", "empty"));
        all.addAll(List.of(flags));
        return load(all);
    }

    /** Runs to its end; throws when it fails. */
    private LoadResult load(List<String> flags) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(home.resolve("deploy/wasmwiz").toString(), "load", "--json", "--quiet"));
        command.addAll(flags);
        stack.processes().forEach((name, pid) -> command.addAll(List.of("--pid", name + "=" + pid)));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("WASMWIZ_BUILD", "never");
        builder.environment().put("WASMWIZ_SERVER", stack.server());
        builder.environment().put("WASMWIZ_KEY", stack.key());
        builder.environment().remove("WASMWIZ_JAVA_OPTS");
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exitCode = process.waitFor();
            if (exitCode != 0 && out.isBlank()) {
                throw new EmbeddedServerException("wasmwiz load ended with exit code " + exitCode);
            }
            return new LoadResult(exitCode, parse(out));
        } finally {
            process.destroyForcibly();
        }
    }

    private static JsonObject parse(String out) {
        try {
            return JsonParser.parseString(out).getAsJsonObject();
        } catch (JsonSyntaxException e) {
            throw new EmbeddedServerException("wasmwiz load printed what is no report: " + out, e);
        }
    }
}

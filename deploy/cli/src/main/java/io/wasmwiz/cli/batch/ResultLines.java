package io.wasmwiz.cli.batch;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import io.wasmwiz.cli.failure.ServerFailure;
import io.wasmwiz.cli.run.Outcome;
import io.wasmwiz.v1.BatchResult;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.Receipt;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Results as JSON, an object a line: {@code item_id} and {@code status} (of the run, or {@code REFUSED}); of a run
 * {@code exit_code}, {@code stdout} and {@code stderr} (text, or {@code …_base64} where it is none), {@code message},
 * {@code execution_id}, {@code charged}, {@code repeated} and {@code wall_time_us}; of a refusal {@code reason} and
 * {@code message}. Thread-safe.
 */
final class ResultLines implements ItemResults {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();
    private static final String REFUSED = "REFUSED";

    private final PrintStream out;
    private final Map<String, Long> counts = new TreeMap<>();
    private long written;
    private long failed;

    ResultLines(PrintStream out) {
        this.out = out;
    }

    /**
     * The items that have a result in {@code file} already: those that ran. A refused one is to be tried again, and a line
     * that was cut is none.
     */
    static Set<String> itemsIn(Path file) throws IOException {
        Set<String> items = new HashSet<>();
        if (!Files.exists(file)) {
            return items;
        }
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String item = itemOf(line);
                if (item != null) {
                    items.add(item);
                }
            }
        }
        return items;
    }

    private static @Nullable String itemOf(String line) {
        try {
            JsonObject result = JsonParser.parseString(line).getAsJsonObject();
            return result.get("status").getAsString().equals(REFUSED)
                    ? null
                    : result.get("item_id").getAsString();
        } catch (JsonParseException | IllegalStateException | NullPointerException e) {
            return null;
        }
    }

    @Override
    public synchronized void write(BatchResult result) {
        JsonObject line = new JsonObject();
        line.addProperty("item_id", result.getItemId());
        String status = result.hasResponse() ? run(line, result.getResponse()) : refusal(line, result);
        counts.merge(status, 1L, Long::sum);
        written++;
        if (!result.hasResponse()
                || result.getResponse().getReceipt().getStatus() != ExecutionStatus.EXECUTION_STATUS_COMPLETED) {
            failed++;
        }
        out.println(GSON.toJson(line));
    }

    private static String run(JsonObject line, ExecuteResponse response) {
        Receipt receipt = response.getReceipt();
        String status = Outcome.label(receipt);
        line.addProperty("status", status);
        if (receipt.hasExitCode()) {
            line.addProperty("exit_code", receipt.getExitCode());
        }
        output(line, "stdout", response.getStdout());
        output(line, "stderr", response.getStderr());
        if (!response.getMessage().isEmpty()) {
            line.addProperty("message", response.getMessage());
        }
        line.addProperty("execution_id", receipt.getExecutionId());
        line.addProperty("charged", receipt.getCharged());
        line.addProperty("repeated", response.getRepeated());
        line.addProperty("wall_time_us", receipt.getWallTimeUs());
        return status;
    }

    private static void output(JsonObject line, String name, ByteString bytes) {
        if (bytes.isValidUtf8()) {
            line.addProperty(name, bytes.toString(StandardCharsets.UTF_8));
        } else {
            line.addProperty(name + "_base64", Base64.getEncoder().encodeToString(bytes.toByteArray()));
        }
    }

    private static String refusal(JsonObject line, BatchResult result) {
        ServerFailure failure = ItemResults.failure(result.getRefusal());
        line.addProperty("status", REFUSED);
        line.addProperty("reason", failure.label());
        line.addProperty("message", failure.message());
        return failure.label();
    }

    /** Whether what was written could be. */
    synchronized boolean flush() {
        return !out.checkError();
    }

    @Override
    public synchronized long written() {
        return written;
    }

    /** Those of items that did not complete. */
    synchronized long failed() {
        return failed;
    }

    /** How many by status or reason. */
    synchronized Map<String, Long> counts() {
        return new TreeMap<>(counts);
    }
}

package io.wasmwiz.cli.connect;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a running local stack wrote about itself to {@code .wasmwiz/stack.json}. Fields this version does not know are
 * skipped. Its keys are never printed.
 *
 * @param pid process whose end makes the file stale; 0 when the file does not say
 * @param processes name to process id
 * @param keys tier name to key
 */
public record StackFile(
        Path path,
        @Nullable String grpc,
        @Nullable String executorAdmin,
        @Nullable String meteringAdmin,
        long pid,
        Map<String, Long> processes,
        Map<String, String> keys) {
    private static final String NAME = ".wasmwiz/stack.json";
    private static final long LARGEST_BYTES = 65_536;
    private static final int ENTRIES_AT_MOST = 64;

    /** The file nearest above {@code directory}, else the one in {@code home}; null when there is none. */
    public static @Nullable StackFile find(Path directory, @Nullable Path home) throws IOException {
        for (Path at = directory.toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.isRegularFile(at.resolve(NAME))) {
                return read(at.resolve(NAME));
            }
        }
        return home != null && Files.isRegularFile(home.resolve(NAME)) ? read(home.resolve(NAME)) : null;
    }

    /** Reads one file; throws IOException that names it when it is not such a file. */
    static StackFile read(Path path) throws IOException {
        if (Files.size(path) > LARGEST_BYTES) {
            throw new IOException(path + " is too large for the description of a local stack");
        }
        try (JsonReader json = new JsonReader(new StringReader(Files.readString(path)))) {
            return read(path, json);
        } catch (IllegalStateException | NumberFormatException | MalformedJsonException | EOFException e) {
            throw new IOException(path + " is not the description of a local stack; restart the stack or delete it");
        }
    }

    private static StackFile read(Path path, JsonReader json) throws IOException {
        String grpc = null;
        String executorAdmin = null;
        String meteringAdmin = null;
        long pid = 0;
        Map<String, Long> processes = new LinkedHashMap<>();
        Map<String, String> keys = new LinkedHashMap<>();
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (json.peek() == JsonToken.NULL) {
                json.skipValue();
                continue;
            }
            switch (name) {
                case "grpc" -> grpc = json.nextString();
                case "executor_admin" -> executorAdmin = json.nextString();
                case "metering_admin" -> meteringAdmin = json.nextString();
                case "pid" -> pid = json.nextLong();
                case "processes" -> entries(json, processes, JsonReader::nextLong);
                case "keys" -> entries(json, keys, JsonReader::nextString);
                default -> json.skipValue();
            }
        }
        json.endObject();
        return new StackFile(path, grpc, executorAdmin, meteringAdmin, pid, processes, keys);
    }

    private static <T> void entries(JsonReader json, Map<String, T> entries, ValueReader<T> value) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (entries.size() < ENTRIES_AT_MOST) {
                entries.put(name, value.read(json));
            } else {
                json.skipValue();
            }
        }
        json.endObject();
    }

    @FunctionalInterface
    private interface ValueReader<T> {
        T read(JsonReader json) throws IOException;
    }

    /** Whether its process runs. */
    public boolean isAlive() {
        return pid <= 0 || ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    /** The key of a tier, whatever the case of its name; null when it has none. */
    @Nullable
    String keyOf(String tier) {
        for (Map.Entry<String, String> entry : keys.entrySet()) {
            if (entry.getKey().equalsIgnoreCase(tier)) {
                return entry.getValue();
            }
        }
        return null;
    }

    /** Without the keys. */
    @Override
    public String toString() {
        return "StackFile[path=" + path + ", pid=" + pid + "]";
    }
}

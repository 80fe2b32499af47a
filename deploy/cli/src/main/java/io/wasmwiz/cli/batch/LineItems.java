package io.wasmwiz.cli.batch;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.v1.BatchItem;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Items of lines. A plain line is the input of the item {@code line-N}, counted from 1, without its end. A line of JSON is
 * an object with {@code id} and any of {@code input} (text), {@code input_base64} and {@code args}; empty ones are skipped.
 */
final class LineItems implements ItemSource {
    private final InputStream in;
    private final String name;
    private final long totalBytes;
    private final boolean json;
    private long line;
    private volatile long readBytes;

    /**
     * Reads {@code in}, which is closed with this.
     *
     * @param name for messages
     * @param totalBytes size of {@code in}; 0: not known
     * @param json whether each line is an object
     */
    LineItems(InputStream in, String name, long totalBytes, boolean json) {
        this.in = new BufferedInputStream(in, 65_536);
        this.name = name;
        this.totalBytes = totalBytes;
        this.json = json;
    }

    @Override
    public @Nullable BatchItem next() throws IOException {
        while (true) {
            byte[] text = readLine();
            if (text == null) {
                return null;
            }
            line++;
            if (!json) {
                return BatchItem.newBuilder()
                        .setItemId("line-" + line)
                        .setInput(ByteString.copyFrom(text))
                        .build();
            }
            String trimmed = new String(text, StandardCharsets.UTF_8).strip();
            if (!trimmed.isEmpty()) {
                return parse(trimmed);
            }
        }
    }

    private BatchItem parse(String text) {
        try {
            JsonObject object = JsonParser.parseString(text).getAsJsonObject();
            JsonElement id = object.get("id");
            if (id == null || !id.isJsonPrimitive()) {
                throw fault("has no \"id\"");
            }
            BatchItem.Builder item = BatchItem.newBuilder().setItemId(id.getAsString());
            if (object.has("input") && object.has("input_base64")) {
                throw fault("has both \"input\" and \"input_base64\"");
            }
            if (object.has("input")) {
                item.setInput(ByteString.copyFromUtf8(object.get("input").getAsString()));
            }
            if (object.has("input_base64")) {
                item.setInput(ByteString.copyFrom(
                        Base64.getDecoder().decode(object.get("input_base64").getAsString())));
            }
            if (object.has("args")) {
                object.getAsJsonArray("args").forEach(argument -> item.addArgs(argument.getAsString()));
            }
            return item.build();
        } catch (JsonParseException | IllegalStateException | IllegalArgumentException | ClassCastException e) {
            throw fault("is not an object such as {\"id\": \"7\", \"input\": \"text\", \"args\": [\"-v\"]}");
        }
    }

    private CommandFailure fault(String what) {
        return new CommandFailure(ExitCode.DATA, name + ": line " + line + " " + what);
    }

    private byte @Nullable [] readLine() throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        int read = in.read();
        if (read < 0) {
            return null;
        }
        long bytes = 0;
        while (read >= 0) {
            bytes++;
            if (read == '\n') {
                break;
            }
            text.write(read);
            if (text.size() > LARGEST_INPUT_BYTES) {
                line++;
                throw fault("has more than %d bytes".formatted(LARGEST_INPUT_BYTES));
            }
            read = in.read();
        }
        readBytes += bytes;
        return text.toByteArray();
    }

    @Override
    public double fraction() {
        return totalBytes == 0 ? -1 : Math.min(1, (double) readBytes / totalBytes);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}

package io.wasmwiz.cli.export;

import com.google.gson.stream.JsonWriter;
import io.wasmwiz.v1.UsageRow;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** An object a line, every column in each, null where there is no value. Numbers are JSON numbers, times RFC 3339. */
final class JsonLinesFile implements RowFile {
    private final Writer out;

    JsonLinesFile(Path path) throws IOException {
        out = Files.newBufferedWriter(path, StandardCharsets.UTF_8);
    }

    @Override
    public void write(UsageRow row) throws IOException {
        StringWriter line = new StringWriter(1_024);
        JsonWriter json = new JsonWriter(line);
        json.beginObject();
        for (Column column : Column.ALL) {
            json.name(column.name());
            Object value = column.of(row);
            if (value instanceof Long number) {
                json.value(number);
            } else if (value instanceof Boolean flag) {
                json.value(flag);
            } else {
                json.value(value == null ? null : value.toString());
            }
        }
        json.endObject();
        json.flush();
        out.write(line.append('\n').toString());
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}

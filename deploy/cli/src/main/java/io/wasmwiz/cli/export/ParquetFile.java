package io.wasmwiz.cli.export;

import blue.strategic.parquet.ParquetWriter;
import blue.strategic.parquet.ValueWriter;
import io.wasmwiz.v1.UsageRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;

/** Apache Parquet, compressed by Snappy; times are UTC timestamps in microseconds. */
final class ParquetFile implements RowFile {
    static {
        // The writer logs by SLF4J, and this program has no logs to put that into: not worth a warning to whoever
        // exports.
        System.setProperty("slf4j.internal.verbosity", "ERROR");
    }

    private static final MessageType SCHEMA =
            new MessageType("usage", Column.ALL.stream().map(ParquetFile::field).toList());

    private final ParquetWriter<UsageRow> parquet;

    ParquetFile(Path path) throws IOException {
        Files.deleteIfExists(path);
        parquet = ParquetWriter.writeFile(SCHEMA, path.toFile(), ParquetFile::write);
    }

    private static Type field(Column column) {
        PrimitiveTypeName type = switch (column.kind()) {
            case TEXT -> PrimitiveTypeName.BINARY;
            case NUMBER, TIME -> PrimitiveTypeName.INT64;
            case FLAG -> PrimitiveTypeName.BOOLEAN;
        };
        var builder = column.optional() ? Types.optional(type) : Types.required(type);
        switch (column.kind()) {
            case TEXT -> builder.as(LogicalTypeAnnotation.stringType());
            case TIME -> builder.as(LogicalTypeAnnotation.timestampType(true, TimeUnit.MICROS));
            case NUMBER, FLAG -> {
                // What it is says what it means.
            }
        }
        return builder.named(column.name());
    }

    private static void write(UsageRow row, ValueWriter values) {
        for (Column column : Column.ALL) {
            Object value = column.of(row);
            if (value != null) {
                values.write(
                        column.name(),
                        value instanceof Instant time
                                ? (Object) ChronoUnit.MICROS.between(Instant.EPOCH, time)
                                : value);
            }
        }
    }

    @Override
    public void write(UsageRow row) throws IOException {
        parquet.write(row);
    }

    @Override
    public void close() throws IOException {
        parquet.close();
    }
}

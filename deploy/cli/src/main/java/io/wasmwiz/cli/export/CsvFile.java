package io.wasmwiz.cli.export;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import io.wasmwiz.v1.UsageRow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * RFC 4180 in UTF-8, with a line of names. A text that a spreadsheet would take for a formula (item ids are chosen by
 * clients) begins with an apostrophe, which spreadsheets take for "this is text".
 */
final class CsvFile implements RowFile {
    private static final String FORMULA_STARTS = "=+-@\t\r\n";

    private final CsvWriter csv;
    private final String[] cells = new String[Column.ALL.size()];

    CsvFile(Path path) throws IOException {
        csv = CsvWriter.builder()
                .lineDelimiter(LineDelimiter.CRLF)
                .build(Files.newBufferedWriter(path, StandardCharsets.UTF_8));
        csv.writeRecord(Column.ALL.stream().map(Column::name).toArray(String[]::new));
    }

    @Override
    public void write(UsageRow row) {
        for (int i = 0; i < cells.length; i++) {
            Object value = Column.ALL.get(i).of(row);
            cells[i] = value == null ? "" : value instanceof String text ? safe(text) : value.toString();
        }
        csv.writeRecord(cells);
    }

    private static String safe(String text) {
        return !text.isEmpty() && FORMULA_STARTS.indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
    }

    @Override
    public void close() throws IOException {
        csv.close();
    }
}

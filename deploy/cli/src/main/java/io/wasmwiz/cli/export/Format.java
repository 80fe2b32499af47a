package io.wasmwiz.cli.export;

import java.io.IOException;
import java.nio.file.Path;

/** What files an export can write; lower case on the command line. */
enum Format {
    CSV {
        @Override
        RowFile open(Path path) throws IOException {
            return new CsvFile(path);
        }
    },
    JSONL {
        @Override
        RowFile open(Path path) throws IOException {
            return new JsonLinesFile(path);
        }
    },
    PARQUET {
        @Override
        RowFile open(Path path) throws IOException {
            return new ParquetFile(path);
        }
    };

    /** A new file, or an emptied one. */
    abstract RowFile open(Path path) throws IOException;
}

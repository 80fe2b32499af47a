package io.wasmwiz.executor.sandbox;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs of others, built by ordinary tools, must print what their native builds printed for the same input. */
public abstract class ProgramsContract extends ProgramsFixture {
    @ParameterizedTest
    @CsvSource({
        "words, words.in, the fox none, 0",
        "stock, stock.txt, '', 1",
        "stock, nowhere.txt, nowhere, 2",
        "tally, events.jsonl, '', 4",
        "sqlite, orders.sql, '', 0",
        "sqlite, failing.sql, '', 1",
        "quickjs, language.js, '', 0",
        "quickjs, throwing.js, '', 1",
    })
    void printsWhatTheNativeBuildPrints(String program, String input, String arguments, int exitCode)
            throws IOException {
        assertPrints(PROGRAMS, PROGRAMS.resolve("cases"), program, input, arguments, exitCode);
    }
}

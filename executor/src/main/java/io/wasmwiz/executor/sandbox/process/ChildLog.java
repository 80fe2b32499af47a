package io.wasmwiz.executor.sandbox.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a process says on standard error goes to our log: a bounded part of it, since a guest may be behind it. */
final class ChildLog {
    private static final Logger log = LoggerFactory.getLogger(ChildLog.class);

    private static final int LINES = 100;
    private static final int LINE_CHARACTERS = 500;

    /** Reads to the end, so that the process is never held up by it. */
    static void drain(InputStream stderr, long pid) {
        try (var in = new BufferedReader(new InputStreamReader(stderr, StandardCharsets.UTF_8))) {
            StringBuilder line = new StringBuilder();
            int lines = 0;
            for (int character = in.read(); character >= 0; character = in.read()) {
                if (character != '\n') {
                    if (line.length() < LINE_CHARACTERS) {
                        line.append(Character.isISOControl(character) ? ' ' : (char) character);
                    }
                } else if (lines++ < LINES) {
                    say(pid, line);
                } else {
                    line.setLength(0);
                }
            }
            say(pid, line);
        } catch (IOException e) {
            log.atDebug().addKeyValue("pid", pid).setCause(e).log("standard error of a sandbox process ended");
        }
    }

    private static void say(long pid, StringBuilder line) {
        if (!line.isEmpty()) {
            log.atWarn()
                    .addKeyValue("pid", pid)
                    .addKeyValue("line", line.toString())
                    .log("sandbox process says");
            line.setLength(0);
        }
    }

    private ChildLog() {}
}

package io.wasmwiz.executor.sandbox.wasmtime;

import io.wasmwiz.executor.wasm.SandboxModule;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The stack on which a guest trapped, innermost frame first, read from the engine's text. What is ours is left out: our
 * modules have a name, a guest has none, because its name section never reaches the engine; and what the rewrite appended
 * to the guest comes after its own functions.
 */
final class Backtrace {
    /** Lines of {@link #lines}; one more says how many were left out. */
    static final int INNERMOST = 24;

    static final int OUTERMOST = 8;

    private static final String HEADING = "error while executing at wasm backtrace:";
    private static final Pattern FRAME =
            Pattern.compile(" *\\d+: +(?:0x([0-9a-f]{1,8}) - )?([^!]*)!(?:<wasm function (\\d{1,9})>)?.*");
    private static final String GUEST = "<unknown>";
    private static final int NAME_CHARACTERS = 200;

    private final SandboxModule module;
    private final int functions;
    private final boolean fromEngine;
    private final boolean inGuest;
    private final OptionalInt offset;
    private final List<Integer> innermost = new ArrayList<>();
    private final List<Integer> outermost = new ArrayList<>();
    private int guestFrames;

    private Backtrace(String message, SandboxModule module) {
        this.module = module;
        this.functions = module.importedFunctions() + module.definedFunctions();
        this.fromEngine = message.startsWith(HEADING);
        List<String> frames =
                message.lines().skip(1).filter(line -> !line.isBlank()).toList();
        Matcher first = FRAME.matcher(frames.isEmpty() ? "" : frames.get(0));
        boolean readable = fromEngine && first.matches();
        this.inGuest = readable && GUEST.equals(first.group(2));
        this.offset = readable && first.group(1) != null
                ? OptionalInt.of((int) Long.parseLong(first.group(1), 16))
                : OptionalInt.empty();
        if (fromEngine) {
            frames.forEach(this::add);
        }
    }

    /** Of an exception's message, which the module caused. */
    static Backtrace of(String message, SandboxModule module) {
        return new Backtrace(message, module);
    }

    private void add(String line) {
        Matcher frame = FRAME.matcher(line);
        if (!frame.matches() || !GUEST.equals(frame.group(2)) || frame.group(3) == null) {
            return;
        }
        int function = Integer.parseInt(frame.group(3));
        if (function >= functions) {
            return;
        }
        if (innermost.size() < INNERMOST) {
            innermost.add(function);
        } else {
            if (outermost.size() == OUTERMOST) {
                outermost.remove(0);
            }
            outermost.add(function);
        }
        guestFrames++;
    }

    /** Whether the engine gave a backtrace at all. */
    boolean isPresent() {
        return fromEngine;
    }

    /** Whether the guest's own code trapped, not a function that it imports. */
    boolean isInGuest() {
        return inGuest;
    }

    /** Where in its module; empty on stack exhaustion, which no instruction causes. */
    OptionalInt offset() {
        return offset;
    }

    /** One line per frame, at most {@value #INNERMOST} + 1 + {@value #OUTERMOST}, without control characters. */
    List<String> lines() {
        var lines = new ArrayList<String>();
        innermost.forEach(function -> lines.add(line(function)));
        int omitted = guestFrames - innermost.size() - outermost.size();
        if (omitted > 0) {
            lines.add("… " + omitted + " more …");
        }
        outermost.forEach(function -> lines.add(line(function)));
        return List.copyOf(lines);
    }

    private String line(int function) {
        String number = "function " + function;
        return module.names()
                .of(function)
                .map(name -> printable(name) + " (" + number + ")")
                .orElse(number);
    }

    /** Names are the tenant's: control and formatting characters become escapes. */
    private static String printable(String name) {
        var text = new StringBuilder();
        name.codePoints().limit(NAME_CHARACTERS).forEach(c -> {
            int type = Character.getType(c);
            if (Character.isISOControl(c)
                    || type == Character.FORMAT
                    || type == Character.SURROGATE
                    || type == Character.LINE_SEPARATOR
                    || type == Character.PARAGRAPH_SEPARATOR) {
                text.append("\\u{").append(Integer.toHexString(c)).append('}');
            } else {
                text.appendCodePoint(c);
            }
        });
        return name.codePointCount(0, name.length()) > NAME_CHARACTERS ? text + "…" : text.toString();
    }
}

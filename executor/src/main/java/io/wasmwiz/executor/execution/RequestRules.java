package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.auth.Tier;
import io.wasmwiz.executor.execution.ExecuteCommand.InvocationWish;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.modules.ModuleRef;
import io.wasmwiz.executor.refusal.FieldViolation;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.sandbox.FileTree;
import io.wasmwiz.executor.sandbox.Invocation;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.Signature;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * What a request must be before anything is asked of anyone: pure, cheap and free of charge. Reports every fault at
 * once. Stateless apart from its limits; thread-safe.
 */
public final class RequestRules {
    private static final Pattern UUID_TEXT = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    private static final int MAX_ITEM_ID_CHARACTERS = 128;
    /** Enough to see what is wrong with all of them. */
    private static final int MAX_FILE_FAULTS = 16;

    private final RequestLimits server;

    public RequestRules(RequestLimits server) {
        this.server = server;
    }

    /** The answer. */
    public sealed interface Checked {
        /** A request that may go on, with the limits in force for it. */
        record Valid(ModuleRef module, Optional<Invocation> invocation, RunLimits limits, Optional<UUID> requestId)
                implements Checked {}

        /** One that may not. */
        record Invalid(Refusal refusal) implements Checked {}
    }

    /** Checks {@code command} against the server's limits and those of {@code tier}. */
    public Checked check(ExecuteCommand command, Tier tier) {
        List<FieldViolation> faults = new ArrayList<>();
        Optional<ModuleRef> module = module(command.module(), faults);
        input(command, faults);
        files(command.files(), faults);
        arguments(command.arguments(), faults);
        environment(command.environment(), faults);
        Optional<Invocation> invocation = command.invocation().flatMap(wish -> invocation(wish, faults));
        ExecuteCommand.LimitsWish wish = command.limits();
        RunLimits limits = new RunLimits(
                runTime(wish.runTime(), tier, faults),
                memoryPages(wish.memoryBytes(), tier, faults),
                output("limits.stdout_bytes", wish.stdoutBytes(), server.maxStdoutBytes(), faults),
                output("limits.stderr_bytes", wish.stderrBytes(), server.maxStderrBytes(), faults));
        boolean withRequestId = !command.requestId().isEmpty();
        if (withRequestId && !isUuid(command.requestId())) {
            faults.add(new FieldViolation(
                    "request_id", "REQUEST_ID_MALFORMED", "request_id must be a UUID of 36 characters, or empty"));
        }
        if (!faults.isEmpty() || module.isEmpty()) {
            return new Checked.Invalid(new Refusal.InvalidFields(faults));
        }
        return new Checked.Valid(
                module.get(),
                invocation,
                limits,
                withRequestId ? Optional.of(UUID.fromString(command.requestId())) : Optional.empty());
    }

    /** Checks what the items of a batch share: as a request, except that inputs come with the items. */
    Checked checkShared(ExecuteCommand command, Tier tier) {
        List<FieldViolation> faults = new ArrayList<>();
        if (command.input().length > 0) {
            faults.add(new FieldViolation(
                    "shared.input",
                    "BATCH_FIELD_NOT_SHARED",
                    "shared.input must be empty: inputs come with the items"));
        }
        if (!command.requestId().isEmpty()) {
            faults.add(new FieldViolation(
                    "shared.request_id",
                    "BATCH_FIELD_NOT_SHARED",
                    "shared.request_id must be empty: a batch has items, and no request id"));
        }
        return faults.isEmpty() ? check(command, tier) : new Checked.Invalid(new Refusal.InvalidFields(faults));
    }

    /** Checks what an item adds to what its batch shares. */
    Optional<Refusal> checkItem(String itemId, ExecuteCommand command) {
        List<FieldViolation> faults = new ArrayList<>(0);
        if (itemId.isEmpty()
                || itemId.length() > MAX_ITEM_ID_CHARACTERS
                || itemId.chars().anyMatch(Character::isISOControl)) {
            faults.add(new FieldViolation(
                    "item_id",
                    "ITEM_ID_INVALID",
                    "item_id must have 1 to %d characters and no control characters"
                            .formatted(MAX_ITEM_ID_CHARACTERS)));
        }
        input(command.input(), faults);
        arguments(command.arguments(), faults);
        return faults.isEmpty() ? Optional.empty() : Optional.of(new Refusal.InvalidFields(faults));
    }

    /** Whether {@code text} is a UUID of 36 characters. */
    public static boolean isUuid(String text) {
        return UUID_TEXT.matcher(text).matches();
    }

    private void input(byte[] input, List<FieldViolation> faults) {
        if (input.length > server.maxInputBytes()) {
            faults.add(new FieldViolation(
                    "input",
                    "INPUT_TOO_LARGE",
                    "input has %d bytes, at most %d are allowed".formatted(input.length, server.maxInputBytes())));
        }
    }

    private Optional<ModuleRef> module(ExecuteCommand.Source source, List<FieldViolation> faults) {
        if (source instanceof ExecuteCommand.Source.Digest digest) {
            Optional<ModuleDigest> parsed = ModuleDigest.parse(digest.hex());
            if (parsed.isEmpty()) {
                faults.add(new FieldViolation(
                        "module.digest",
                        "DIGEST_MALFORMED",
                        "module.digest must be a SHA-256 as 64 lower-case hex digits"));
            }
            return parsed.map(ModuleRef.ByDigest::new);
        }
        if (source instanceof ExecuteCommand.Source.Inline inline) {
            if (inline.bytes().length > server.maxModuleBytes()) {
                faults.add(new FieldViolation(
                        "module.inline",
                        "MODULE_TOO_LARGE",
                        "module.inline has %d bytes, at most %d are allowed"
                                .formatted(inline.bytes().length, server.maxModuleBytes())));
            }
            return Optional.of(new ModuleRef.Inline(inline.bytes()));
        }
        faults.add(new FieldViolation("module", "MODULE_MISSING", "module must have either digest or inline"));
        return Optional.empty();
    }

    /** Told of the larger part, which is the one to make smaller. */
    private void input(ExecuteCommand command, List<FieldViolation> faults) {
        long bytes = command.inputBytes();
        if (bytes <= server.maxInputBytes()) {
            return;
        }
        boolean isInput = command.input().length >= bytes - command.input().length;
        faults.add(new FieldViolation(
                isInput ? "input" : "files",
                "INPUT_TOO_LARGE",
                (command.files().isEmpty()
                                ? "input has %d bytes, at most %d are allowed"
                                : "input and the contents and paths of files have %d bytes together, at most %d are"
                                        + " allowed")
                        .formatted(bytes, server.maxInputBytes())));
    }

    private static void files(List<FileTree.File> files, List<FieldViolation> faults) {
        if (files.size() > FileTree.MAX_FILES) {
            faults.add(new FieldViolation(
                    "files",
                    "TOO_MANY_FILES",
                    "files has %d entries, at most %d are allowed".formatted(files.size(), FileTree.MAX_FILES)));
            return;
        }
        List<FieldViolation> found = new ArrayList<>();
        for (int i = 0; i < files.size() && found.size() < MAX_FILE_FAULTS; i++) {
            int number = i;
            FileTree.pathFault(files.get(i).path())
                    .ifPresent(fault -> found.add(new FieldViolation(
                            "files[" + number + "].path",
                            "FILE_PATH_INVALID",
                            "files[" + number + "].path " + fault + "; a path is such as data/words.txt")));
        }
        faults.addAll(found);
        if (found.isEmpty()) {
            FileTree.firstInTheWay(files)
                    .ifPresent(number -> faults.add(new FieldViolation(
                            "files[" + number + "].path",
                            "FILE_PATH_TAKEN",
                            "files[" + number + "].path is the path of an earlier file, or one of the two is the"
                                    + " directory of the other")));
        }
    }

    private static void arguments(List<String> arguments, List<FieldViolation> faults) {
        if (arguments.isEmpty()) {
            return;
        }
        if (arguments.size() > RequestLimits.MAX_STRINGS) {
            faults.add(new FieldViolation(
                    "args",
                    "TOO_MANY_ARGS",
                    "args has %d entries, at most %d are allowed"
                            .formatted(arguments.size(), RequestLimits.MAX_STRINGS)));
        }
        long bytes = arguments.stream().mapToLong(RequestRules::utf8Bytes).sum();
        if (bytes > RequestLimits.MAX_STRING_BYTES) {
            faults.add(new FieldViolation(
                    "args",
                    "ARGS_TOO_LONG",
                    "args have %d bytes together, at most %d are allowed"
                            .formatted(bytes, RequestLimits.MAX_STRING_BYTES)));
        }
        for (int i = 0; i < Math.min(arguments.size(), RequestLimits.MAX_STRINGS); i++) {
            if (arguments.get(i).indexOf('\0') >= 0) {
                faults.add(new FieldViolation("args[" + i + "]", "ARG_HAS_NUL", "arguments must not contain NUL"));
            }
        }
    }

    private static void environment(Map<String, String> environment, List<FieldViolation> faults) {
        if (environment.size() > RequestLimits.MAX_STRINGS) {
            faults.add(new FieldViolation(
                    "env",
                    "TOO_MANY_ENV",
                    "env has %d entries, at most %d are allowed"
                            .formatted(environment.size(), RequestLimits.MAX_STRINGS)));
        }
        long bytes = environment.entrySet().stream()
                .mapToLong(entry -> utf8Bytes(entry.getKey()) + utf8Bytes(entry.getValue()))
                .sum();
        if (bytes > RequestLimits.MAX_STRING_BYTES) {
            faults.add(new FieldViolation(
                    "env",
                    "ENV_TOO_LONG",
                    "env has %d bytes of keys and values together, at most %d are allowed"
                            .formatted(bytes, RequestLimits.MAX_STRING_BYTES)));
        }
        boolean badKey = environment.keySet().stream()
                .anyMatch(key -> key.isEmpty() || key.indexOf('\0') >= 0 || key.indexOf('=') >= 0);
        if (badKey) {
            faults.add(new FieldViolation(
                    "env", "ENV_KEY_INVALID", "keys of env must not be empty and must not contain NUL or ="));
        }
        if (environment.values().stream().anyMatch(value -> value.indexOf('\0') >= 0)) {
            faults.add(new FieldViolation("env", "ENV_VALUE_HAS_NUL", "values of env must not contain NUL"));
        }
    }

    private static Optional<Invocation> invocation(InvocationWish wish, List<FieldViolation> faults) {
        int before = faults.size();
        int characters = wish.export().codePointCount(0, wish.export().length());
        if (characters < 1 || characters > RequestLimits.MAX_EXPORT_CHARACTERS) {
            faults.add(new FieldViolation(
                    "invoke.export",
                    "EXPORT_NAME_INVALID",
                    "invoke.export has %d characters, 1 to %d are allowed"
                            .formatted(characters, RequestLimits.MAX_EXPORT_CHARACTERS)));
        }
        if (wish.arguments().size() > Signature.MAX_VALUES) {
            faults.add(new FieldViolation(
                    "invoke.args",
                    "TOO_MANY_VALUES",
                    "invoke.args has %d values, at most %d are allowed"
                            .formatted(wish.arguments().size(), Signature.MAX_VALUES)));
            return Optional.empty();
        }
        for (int i = 0; i < wish.arguments().size(); i++) {
            if (wish.arguments().get(i).isEmpty()) {
                faults.add(new FieldViolation(
                        "invoke.args[" + i + "]", "VALUE_MISSING", "a value must have one of i32, i64, f32 and f64"));
            }
        }
        return faults.size() > before
                ? Optional.empty()
                : Optional.of(new Invocation(
                        wish.export(),
                        wish.arguments().stream().map(Optional::orElseThrow).toList()));
    }

    private static Duration runTime(Optional<Duration> wish, Tier tier, List<FieldViolation> faults) {
        Duration most = tier.runTime();
        if (wish.isEmpty()) {
            return most;
        }
        Duration runTime = wish.get();
        if (runTime.isZero() || runTime.isNegative()) {
            faults.add(notPositive("limits.run_time", most.toMillis() + " ms"));
        } else if (runTime.compareTo(most) > 0) {
            faults.add(aboveTier("limits.run_time", most.toMillis() + " ms", tier));
        } else {
            return runTime;
        }
        return most;
    }

    private static int memoryPages(OptionalLong wish, Tier tier, List<FieldViolation> faults) {
        long most = (long) tier.memoryPages() * RunLimits.PAGE_BYTES;
        if (wish.isEmpty()) {
            return tier.memoryPages();
        }
        long bytes = wish.getAsLong();
        if (bytes <= 0) {
            faults.add(notPositive("limits.memory_bytes", most + " bytes"));
        } else if (bytes > most) {
            faults.add(aboveTier("limits.memory_bytes", most + " bytes", tier));
        } else if (bytes % RunLimits.PAGE_BYTES != 0) {
            faults.add(new FieldViolation(
                    "limits.memory_bytes",
                    "MEMORY_NOT_PAGE_MULTIPLE",
                    "limits.memory_bytes must be a multiple of %d (a WebAssembly page), was %d"
                            .formatted(RunLimits.PAGE_BYTES, bytes)));
        } else {
            return Math.toIntExact(bytes / RunLimits.PAGE_BYTES);
        }
        return tier.memoryPages();
    }

    private static int output(String field, OptionalLong wish, int most, List<FieldViolation> faults) {
        if (wish.isPresent() && wish.getAsLong() > most) {
            faults.add(new FieldViolation(
                    field, "LIMIT_ABOVE_SERVER", "%s must be 0 to %d on this server".formatted(field, most)));
            return most;
        }
        return wish.isPresent() ? (int) wish.getAsLong() : most;
    }

    private static FieldViolation notPositive(String field, String most) {
        return new FieldViolation(
                field, "LIMIT_NOT_POSITIVE", "%s must be positive and at most %s".formatted(field, most));
    }

    private static FieldViolation aboveTier(String field, String most, Tier tier) {
        return new FieldViolation(
                field,
                "LIMIT_ABOVE_TIER",
                "%s must be at most %s, the limit of tier %s or of this key".formatted(field, most, tier.name()));
    }

    private static long utf8Bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}

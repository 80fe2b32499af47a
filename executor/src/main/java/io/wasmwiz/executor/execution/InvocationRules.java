package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.modules.Invocables;
import io.wasmwiz.executor.refusal.FieldViolation;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.sandbox.Invocation;
import io.wasmwiz.executor.sandbox.Signature;
import io.wasmwiz.executor.sandbox.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Whether a module that was found can be run as a request wants it. Stateless. */
final class InvocationRules {
    private static final int LISTED = 10;
    private static final int NAME_CHARACTERS = 60;

    private InvocationRules() {}

    /** Why it cannot; empty: it can. */
    static Optional<Refusal> check(Optional<Invocation> invocation, Invocables module) {
        List<FieldViolation> faults = invocation
                .map(call -> check(call, module))
                .orElseGet(() -> module.isCommand() ? List.of() : List.of(missing(module)));
        return faults.isEmpty() ? Optional.empty() : Optional.of(new Refusal.InvalidFields(faults));
    }

    private static FieldViolation missing(Invocables module) {
        return new FieldViolation(
                "invoke",
                "INVOKE_MISSING",
                "the module exports no _start, so it is no command: invoke must name one of its functions: "
                        + list(module));
    }

    private static List<FieldViolation> check(Invocation call, Invocables module) {
        if (module.isCommand()) {
            return List.of(new FieldViolation(
                    "invoke",
                    "INVOKE_OF_COMMAND",
                    "the module exports _start, so it is a command and runs as a whole: leave invoke out"));
        }
        Signature signature = module.functions().get(call.export());
        if (signature == null) {
            return List.of(new FieldViolation(
                    "invoke.export",
                    "EXPORT_NOT_FOUND",
                    "the module has no function " + cut(call.export()) + " that can be invoked; it has: "
                            + list(module)));
        }
        return arguments(call, signature);
    }

    private static List<FieldViolation> arguments(Invocation call, Signature signature) {
        int parameters = signature.parameters().size();
        if (call.arguments().size() != parameters) {
            return List.of(new FieldViolation(
                    "invoke.args",
                    "VALUE_COUNT_WRONG",
                    "%s has the type %s: invoke.args must have %d values, not %d"
                            .formatted(
                                    cut(call.export()),
                                    signature,
                                    parameters,
                                    call.arguments().size())));
        }
        List<FieldViolation> faults = new ArrayList<>();
        for (int i = 0; i < parameters; i++) {
            Value argument = call.arguments().get(i);
            if (argument.type() != signature.parameters().get(i)) {
                faults.add(new FieldViolation(
                        "invoke.args[" + i + "]",
                        "VALUE_TYPE_WRONG",
                        "%s has the type %s: value %d must be %s, not %s"
                                .formatted(
                                        cut(call.export()),
                                        signature,
                                        i,
                                        signature.parameters().get(i).word(),
                                        argument.type().word())));
            }
        }
        return faults;
    }

    private static String list(Invocables module) {
        String listed = module.functions().entrySet().stream()
                .limit(LISTED)
                .map(function -> cut(function.getKey()) + " " + function.getValue())
                .collect(Collectors.joining(", "));
        int more = module.functions().size() - LISTED;
        return more > 0 ? listed + " and " + more + " more" : listed;
    }

    /** Names are the tenant's: what is no letter, figure or usual sign becomes a question mark. */
    private static String cut(String name) {
        String plain = name.codePoints()
                .limit(NAME_CHARACTERS)
                .map(c -> Character.isLetterOrDigit(c) || (c > ' ' && c < 0x7f) ? c : '?')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return name.codePointCount(0, name.length()) > NAME_CHARACTERS ? plain + "…" : plain;
    }
}

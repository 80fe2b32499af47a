package io.wasmwiz.cli.connect;

import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The servers to call, any of them, and the key to call them with.
 *
 * @param endpoints one or more, all with TLS or all without
 * @param key null: call without one, which only development servers take
 * @param serverSource where the endpoint came from, for people
 * @param keySource where the key came from, for people
 * @param stack the running local stack, when the endpoints are its own
 */
public record Target(
        List<Endpoint> endpoints,
        @Nullable ApiKey key,
        String serverSource,
        String keySource,
        @Nullable StackFile stack) {
    private static final Set<String> TIERS = Set.of("free", "basic", "pro");
    private static final String DEFAULT_TIER = "Free";
    private static final long LARGEST_KEY_FILE_BYTES = 4_096;

    public Target {
        endpoints = List.copyOf(endpoints);
    }

    /** The first, for those that look at one. */
    public Endpoint endpoint() {
        return endpoints.get(0);
    }

    /**
     * Looks at flags, then the environment, then the running local stack. The stack's own key goes only to the stack's own
     * server, unless a flag asks for it by tier.
     *
     * @throws CommandFailure when no server is known, or something given does not parse
     */
    public static Target resolve(ServerOptions options, CliContext context) {
        StackFile found = findStack(context);
        StackFile running = found != null && found.isAlive() ? found : null;
        Map<String, String> environment = context.environment();
        List<Endpoint> ofStack = running == null || running.grpc() == null ? List.of() : endpoints(running.grpc());

        List<Endpoint> endpoints;
        String serverSource;
        if (options.server() != null) {
            endpoints = endpoints(options.server());
            serverSource = "--server";
        } else if (isSet(environment, "WASMWIZ_SERVER")) {
            endpoints = endpoints(environment.getOrDefault("WASMWIZ_SERVER", ""));
            serverSource = "WASMWIZ_SERVER";
        } else if (!ofStack.isEmpty()) {
            endpoints = ofStack;
            serverSource = "the local stack";
        } else {
            throw noServer(found);
        }
        boolean local = endpoints.stream().allMatch(given -> ofStack.stream().anyMatch(given::isSameAs));
        Credential credential = credential(options.key(), environment, running, local);
        return new Target(endpoints, credential.key(), serverSource, credential.source(), local ? running : null);
    }

    private record Credential(@Nullable ApiKey key, String source) {}

    private static Credential credential(
            @Nullable String flag, Map<String, String> environment, @Nullable StackFile running, boolean local) {
        if (flag != null) {
            return fromFlag(flag, running);
        }
        if (isSet(environment, "WASMWIZ_KEY")) {
            return new Credential(key(environment.getOrDefault("WASMWIZ_KEY", ""), "WASMWIZ_KEY"), "WASMWIZ_KEY");
        }
        if (isSet(environment, "WASMWIZ_KEY_FILE")) {
            String file = environment.getOrDefault("WASMWIZ_KEY_FILE", "");
            return new Credential(key(readKeyFile(Path.of(file)), "WASMWIZ_KEY_FILE"), "WASMWIZ_KEY_FILE");
        }
        String stackKey = local && running != null ? running.keyOf(DEFAULT_TIER) : null;
        return stackKey == null
                ? new Credential(null, "none")
                : new Credential(key(stackKey, "the local stack"), "the local stack (" + DEFAULT_TIER + ")");
    }

    private static Credential fromFlag(String flag, @Nullable StackFile running) {
        String ofTier = running == null ? null : running.keyOf(flag);
        if (ofTier != null) {
            return new Credential(key(ofTier, "the local stack"), "the local stack (" + flag + ")");
        }
        if (TIERS.contains(flag.toLowerCase(Locale.ROOT))) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "--key " + flag + " names a tier of the local stack, and no running local stack has a key of it");
        }
        return new Credential(key(flag, "--key"), "--key");
    }

    private static @Nullable StackFile findStack(CliContext context) {
        try {
            return StackFile.find(context.directory(), context.home());
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.IO, "cannot read the local stack's file: " + e.getMessage());
        }
    }

    private static CommandFailure noServer(@Nullable StackFile dead) {
        String advice = "pass --server HOST:PORT, set WASMWIZ_SERVER, or start a local stack: wasmwiz local";
        return dead == null
                ? new CommandFailure(ExitCode.UNAVAILABLE, "no server is known", advice)
                : new CommandFailure(
                        ExitCode.UNAVAILABLE,
                        "no server is known",
                        "the local stack of %s no longer runs (process %d)".formatted(dead.path(), dead.pid()),
                        advice);
    }

    private static boolean isSet(Map<String, String> environment, String name) {
        return !environment.getOrDefault(name, "").isEmpty();
    }

    private static List<Endpoint> endpoints(String text) {
        try {
            return Endpoint.parseList(text);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()));
        }
    }

    private static ApiKey key(String text, String source) {
        try {
            return ApiKey.of(text);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, source + ": " + e.getMessage());
        }
    }

    private static String readKeyFile(Path file) {
        try {
            if (Files.size(file) > LARGEST_KEY_FILE_BYTES) {
                throw new CommandFailure(ExitCode.USAGE, "WASMWIZ_KEY_FILE: " + file + " is too large for a key");
            }
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.NO_INPUT, "WASMWIZ_KEY_FILE: cannot read " + file);
        }
    }
}

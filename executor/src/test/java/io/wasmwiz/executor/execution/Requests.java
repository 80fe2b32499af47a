package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.executor.auth.Tier;
import io.wasmwiz.executor.claims.ClaimsConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Requests and callers of tests. */
public final class Requests {
    public static final Tier FREE = new Tier("Free", 3, 10, 500, 128, Duration.ofSeconds(5), 2);
    public static final RequestLimits LIMITS = new RequestLimits(10_000, 1_000, 2_000, 500);

    public static final ClaimsConfig CLAIMS = new ClaimsConfig(10, 1 << 20, 100, Duration.ofMinutes(10));

    public static final CrashConfig CRASHES = new CrashConfig(2, 3, Duration.ofMinutes(10), Duration.ofMinutes(30));

    private Requests() {}

    public static Caller caller() {
        return new Caller(UUID.randomUUID(), Optional.of(UUID.randomUUID()), Set.of(Scope.values()), FREE);
    }

    public static ExecuteCommand inline(byte[] module) {
        return of(new ExecuteCommand.Source.Inline(module));
    }

    /** With a request id. */
    public static ExecuteCommand withId(byte[] module, UUID requestId) {
        ExecuteCommand command = inline(module);
        return new ExecuteCommand(
                command.module(),
                command.input(),
                command.arguments(),
                command.environment(),
                command.limits(),
                requestId.toString());
    }

    public static ExecuteCommand byDigest(String hex) {
        return of(new ExecuteCommand.Source.Digest(hex));
    }

    public static ExecuteCommand of(ExecuteCommand.Source source) {
        return new ExecuteCommand(
                source,
                new byte[] {1, 2, 3},
                List.of("one"),
                Map.of("KEY", "value"),
                ExecuteCommand.LimitsWish.none(),
                "");
    }
}

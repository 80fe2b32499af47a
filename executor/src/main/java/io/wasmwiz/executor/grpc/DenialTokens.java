package io.wasmwiz.executor.grpc;

import static java.util.Map.entry;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Tier;
import io.wasmwiz.executor.export.TokenKeys;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.v1.ExplainDenialResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Refusals as signed texts that their account can have explained, by any executor with the keys, without anybody having to
 * remember them. Thread-safe.
 */
public final class DenialTokens {
    private static final int MAX_CHARACTERS = 8_192;
    private static final int MIB = 1 << 20;

    /** What each limit means, by the reason of its refusals. */
    static final Map<String, String> RULES = Map.ofEntries(
            entry(
                    "MINUTE_QUOTA_SPENT",
                    "A tier allows so many executions to start in one UTC minute, over all executors. Units of a minute are"
                            + " not returned; the next minute has its own. Wait until resets_at, or spread the calls."),
            entry(
                    "DAILY_QUOTA_SPENT",
                    "A tier allows so many executions to be charged in one UTC day. Executors hold units ahead of use and"
                            + " return what they did not need within minutes, so held may be above charged. Wait until"
                            + " resets_at, or ask for another tier."),
            entry(
                    "KEY_QUOTA_SPENT",
                    "This key has a limit of its own, below its tier's. Other keys of the account are not concerned. Wait"
                            + " until resets_at, or have the key's limit raised."),
            entry(
                    "CONCURRENCY_SPENT",
                    "A tier allows so many executions to be in progress at once at one executor, waiting ones included."
                            + " Wait for one to end."),
            entry(
                    "SERVER_OVERLOADED",
                    "One server takes so many calls at once, whoever makes them. No quota was used. Try again after the"
                            + " delay, or at another server."),
            entry(
                    "SERVER_BUSY",
                    "A queue of the server was full, or its wait too long. No quota was used. Try again after the delay, or"
                            + " at another server."),
            entry(
                    "ACCOUNT_QUEUE_FULL",
                    "An account may have so many runs wait for a sandbox of one server, so that others find room. Wait for"
                            + " some to start."),
            entry(
                    "ACCOUNT_CALLS_SPENT",
                    "An account may have so many calls in progress at one server. Wait for one to end, or use a batch."),
            entry(
                    "KEY_LIMIT_REACHED",
                    "An account may have so many keys, and make so many in a while. Revoke one that is not needed, or wait."),
            entry("CHANGES_SPENT", "A key may make so many changes in one UTC minute. Wait for the next."),
            entry("MODULE_LIMIT_REACHED", "An account keeps so many modules. Delete one that is not needed."),
            entry("UPLOAD_TOO_LARGE", "A module may have so many bytes. Strip its debug information, or split it."),
            entry(
                    "UPLOADS_BUSY",
                    "Uploads in progress share a bounded memory, of which one account gets a quarter. Try again after the"
                            + " delay."));

    private final TokenKeys keys;
    private final Clock clock;

    public DenialTokens(TokenKeys keys, Clock clock) {
        this.keys = keys;
        this.clock = clock;
    }

    /** The token of a refusal that was told to {@code caller} as {@code info}; empty for those that are no limit. */
    Optional<String> of(Caller caller, String method, ErrorInfo info) {
        if (!RULES.containsKey(info.getReason())) {
            return Optional.empty();
        }
        Tier tier = caller.tier();
        ExplainDenialResponse denial = ExplainDenialResponse.newBuilder()
                .setDeniedAt(ProtoMapper.toTimestamp(clock.instant()))
                .setMethod(method)
                .setReason(info.getReason())
                .putAllFigures(info.getMetadataMap())
                .setTier(tier.name())
                .setTierVersion(tier.version())
                .setExecutionsPerMinute(tier.executionsPerMinute())
                .setExecutionsPerDay(tier.executionsPerDay())
                .setMaxConcurrency(tier.maxConcurrency())
                .setMemoryBytes((long) tier.memoryMib() * MIB)
                .setRunTimeMs(Math.toIntExact(tier.runTime().toMillis()))
                .build();
        return Optional.of(keys.signed(purpose(caller.accountId()), denial.toByteArray()));
    }

    /** What {@code token} stands for; throws the refusal of a text that this account was never given. */
    ExplainDenialResponse explain(UUID accountId, String token) {
        Optional<byte[]> body =
                token.length() > MAX_CHARACTERS ? Optional.empty() : keys.verified(purpose(accountId), token);
        try {
            ExplainDenialResponse denial = ExplainDenialResponse.parseFrom(body.orElseThrow(DenialTokens::invalid));
            return denial.toBuilder()
                    .setRule(RULES.getOrDefault(denial.getReason(), ""))
                    .build();
        } catch (InvalidProtocolBufferException e) {
            throw invalid();
        }
    }

    private static RefusedException invalid() {
        return new RefusedException(new Refusal.InvalidFields(
                "denial_token",
                "DENIAL_TOKEN_INVALID",
                "denial_token must be one that this account was given, and whose signing key this server still has"));
    }

    private static byte[] purpose(UUID accountId) {
        return ("ExplainDenial\0" + accountId).getBytes(StandardCharsets.UTF_8);
    }
}

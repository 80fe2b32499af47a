package io.wasmwiz.executor.grpc;

import com.google.protobuf.Timestamp;
import io.wasmwiz.executor.admin.Account;
import io.wasmwiz.executor.admin.AuditChain;
import io.wasmwiz.executor.admin.AuditEvent;
import io.wasmwiz.executor.admin.IssuedKey;
import io.wasmwiz.executor.admin.KeyAdmin.KeyWish;
import io.wasmwiz.executor.admin.LimitRules.LimitsWish;
import io.wasmwiz.executor.admin.TierAdmin.FiguresWish;
import io.wasmwiz.executor.admin.TierPlan;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.v1.ApiKey;
import io.wasmwiz.v1.AuditActor;
import io.wasmwiz.v1.AuditFault;
import io.wasmwiz.v1.AuditOutcome;
import io.wasmwiz.v1.CreateApiKeyRequest;
import io.wasmwiz.v1.KeyLimits;
import io.wasmwiz.v1.Tier;
import io.wasmwiz.v1.TierFigures;
import io.wasmwiz.v1.UpdateApiKeyRequest;
import io.wasmwiz.v1.User;
import io.wasmwiz.v1.UserStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.UUID;

/** {@link ProtoMapper} for the admin service. Stateless. */
final class AdminMapper {
    /** Far beyond any allowed time, and short enough to compute with. */
    private static final long MAX_SECONDS = 100_000_000_000L;

    private AdminMapper() {}

    static KeyWish toWish(CreateApiKeyRequest request) {
        return new KeyWish(
                request.getName(),
                words(request.getScopesList()),
                toWish(request.getLimits()),
                request.hasExpiresAt() ? Optional.of(toInstant(request.getExpiresAt())) : Optional.empty());
    }

    static KeyWish toWish(UpdateApiKeyRequest request) {
        return new KeyWish(
                request.getName(),
                words(request.getScopesList()),
                toWish(request.getLimits()),
                request.hasExpiresAt() ? Optional.of(toInstant(request.getExpiresAt())) : Optional.empty());
    }

    // A value that this build does not know is a word that no scope has.
    private static List<String> words(List<io.wasmwiz.v1.Scope> scopes) {
        return scopes.stream()
                .map(scope -> scope.name().replaceFirst("^SCOPE_", "").toLowerCase(Locale.ROOT))
                .toList();
    }

    private static LimitsWish toWish(KeyLimits limits) {
        return new LimitsWish(
                limits.hasExecutionsPerMinute() ? unsigned(limits.getExecutionsPerMinute()) : OptionalLong.empty(),
                limits.hasExecutionsPerDay() ? unsigned(limits.getExecutionsPerDay()) : OptionalLong.empty(),
                limits.hasMemoryMib() ? unsigned(limits.getMemoryMib()) : OptionalLong.empty(),
                limits.hasRunTimeMs() ? unsigned(limits.getRunTimeMs()) : OptionalLong.empty());
    }

    private static OptionalLong unsigned(int value) {
        return OptionalLong.of(Integer.toUnsignedLong(value));
    }

    static FiguresWish toWish(TierFigures figures) {
        return new FiguresWish(
                Integer.toUnsignedLong(figures.getExecutionsPerMinute()),
                Integer.toUnsignedLong(figures.getExecutionsPerDay()),
                Integer.toUnsignedLong(figures.getMemoryMib()),
                Integer.toUnsignedLong(figures.getRunTimeMs()),
                Integer.toUnsignedLong(figures.getMaxConcurrency()));
    }

    static Duration toDuration(com.google.protobuf.Duration duration) {
        return Duration.ofSeconds(bounded(duration.getSeconds()), duration.getNanos());
    }

    private static Instant toInstant(Timestamp timestamp) {
        return Instant.ofEpochSecond(bounded(timestamp.getSeconds()), timestamp.getNanos());
    }

    private static long bounded(long seconds) {
        return Math.max(-MAX_SECONDS, Math.min(MAX_SECONDS, seconds));
    }

    static User toProto(Account account) {
        return User.newBuilder()
                .setUserId(account.id().toString())
                .setName(account.name())
                .setTier(account.tier())
                .setStatus(account.active() ? UserStatus.USER_STATUS_ACTIVE : UserStatus.USER_STATUS_SUSPENDED)
                .setCreatedAt(ProtoMapper.toTimestamp(account.createdAt()))
                .setUpdatedAt(ProtoMapper.toTimestamp(account.updatedAt()))
                .setEtag(account.etag())
                .build();
    }

    static ApiKey toProto(IssuedKey key) {
        ApiKey.Builder proto = ApiKey.newBuilder()
                .setKeyId(key.id().toString())
                .setUserId(key.accountId().toString())
                .setName(key.name())
                .setLimits(toProto(key.limits()))
                .setCreatedAt(ProtoMapper.toTimestamp(key.createdAt()))
                .setUpdatedAt(ProtoMapper.toTimestamp(key.updatedAt()))
                .setEtag(key.etag());
        for (Scope scope : new TreeSet<>(key.scopes())) {
            proto.addScopes(io.wasmwiz.v1.Scope.valueOf("SCOPE_" + scope.name()));
        }
        key.expiresAt().map(ProtoMapper::toTimestamp).ifPresent(proto::setExpiresAt);
        key.revokedAt().map(ProtoMapper::toTimestamp).ifPresent(proto::setRevokedAt);
        key.lastUsedAt().map(ProtoMapper::toTimestamp).ifPresent(proto::setLastUsedAt);
        return proto.build();
    }

    private static KeyLimits toProto(io.wasmwiz.executor.admin.KeyLimits limits) {
        KeyLimits.Builder proto = KeyLimits.newBuilder();
        Optional.ofNullable(limits.executionsPerMinute()).ifPresent(proto::setExecutionsPerMinute);
        Optional.ofNullable(limits.executionsPerDay()).ifPresent(proto::setExecutionsPerDay);
        Optional.ofNullable(limits.memoryMib()).ifPresent(proto::setMemoryMib);
        Optional.ofNullable(limits.runTimeMillis()).ifPresent(proto::setRunTimeMs);
        return proto.build();
    }

    static Tier toProto(TierPlan tier) {
        return Tier.newBuilder()
                .setName(tier.name())
                .setVersion(tier.version())
                .setFigures(TierFigures.newBuilder()
                        .setExecutionsPerMinute(tier.figures().executionsPerMinute())
                        .setExecutionsPerDay(tier.figures().executionsPerDay())
                        .setMemoryMib(tier.figures().memoryMib())
                        .setRunTimeMs(tier.figures().runTimeMillis())
                        .setMaxConcurrency(tier.figures().maxConcurrency()))
                .setCreatedAt(ProtoMapper.toTimestamp(tier.createdAt()))
                .setUpdatedAt(ProtoMapper.toTimestamp(tier.updatedAt()))
                .setEtag(tier.etag())
                .build();
    }

    static io.wasmwiz.v1.AuditEvent toProto(AuditEvent event) {
        return io.wasmwiz.v1.AuditEvent.newBuilder()
                .setSeq(event.seq())
                .setAt(ProtoMapper.toTimestamp(event.at()))
                .setActor(AuditActor.valueOf("AUDIT_ACTOR_" + event.actor().name()))
                .setActorUserId(toText(event.actorAccountId()))
                .setActorKeyId(toText(event.actorKeyId()))
                .setAction(event.action())
                .setUserId(toText(event.accountId()))
                .setTarget(event.target())
                .setBeforeState(event.before().orElse(""))
                .setAfterState(event.after().orElse(""))
                .setRequestId(toText(event.requestId()))
                .setClientAddress(event.clientAddress())
                .setUserAgent(event.userAgent())
                .setOutcome(event.done() ? AuditOutcome.AUDIT_OUTCOME_DONE : AuditOutcome.AUDIT_OUTCOME_DENIED)
                .setReason(event.reason().orElse(""))
                .setPreviousHash(HexFormat.of().formatHex(event.previousHash()))
                .setHash(HexFormat.of().formatHex(event.hash()))
                .build();
    }

    static AuditFault toProto(AuditChain.Fault fault) {
        return AuditFault.newBuilder()
                .setSeq(fault.seq())
                .setDescription(fault.description())
                .build();
    }

    private static String toText(Optional<UUID> id) {
        return id.map(UUID::toString).orElse("");
    }
}

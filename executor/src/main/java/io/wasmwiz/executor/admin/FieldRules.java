package io.wasmwiz.executor.admin;

import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.executor.refusal.FieldViolation;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the fields of one request, notes every fault, and throws them all at {@link #check}. Not thread-safe. */
final class FieldRules {
    static final Set<Scope> DEFAULT_SCOPES = Set.of(Scope.EXECUTE, Scope.MODULES, Scope.USAGE);
    static final Duration DEFAULT_GRACE = Duration.ofHours(24);
    private static final Duration LONGEST_GRACE = Duration.ofDays(30);
    private static final Duration LONGEST_LIFE = Duration.ofDays(3_650);
    private static final int NAME_CHARACTERS = 128;
    private static final Pattern UUID_TEXT = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final Pattern TIER_NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,63}");

    private final List<FieldViolation> faults = new ArrayList<>();

    /** Throws the refusal of every fault noted so far, if there is one. */
    void check() {
        if (!faults.isEmpty()) {
            throw new RefusedException(new Refusal.InvalidFields(faults));
        }
    }

    /** An id that must be there. Without one, some id that {@link #check} lets nobody see. */
    UUID id(String field, String text) {
        Optional<UUID> id = uuid(text);
        if (id.isEmpty()) {
            fault(field, "ID_MALFORMED", "%s must be a UUID of 36 characters".formatted(field));
        }
        return id.orElseGet(() -> new UUID(0, 0));
    }

    Optional<UUID> requestId(String text) {
        Optional<UUID> id = uuid(text);
        if (id.isEmpty() && !text.isEmpty()) {
            fault("request_id", "REQUEST_ID_MALFORMED", "request_id must be a UUID of 36 characters, or empty");
        }
        return id;
    }

    String accountName(String name) {
        if (!isAccountName(name)) {
            fault(
                    "name",
                    "NAME_INVALID",
                    "name must have 1 to %d characters, no control characters and no surrounding blanks"
                            .formatted(NAME_CHARACTERS));
        }
        return name;
    }

    static boolean isAccountName(String name) {
        return !name.isEmpty() && isLabel(name) && name.strip().equals(name);
    }

    String keyName(String name) {
        if (!isLabel(name)) {
            fault(
                    "name",
                    "NAME_INVALID",
                    "name must have at most %d characters and no control characters".formatted(NAME_CHARACTERS));
        }
        return name;
    }

    String tierName(String field, String name) {
        if (!TIER_NAME.matcher(name).matches()) {
            fault(
                    field,
                    "NAME_INVALID",
                    "%s must be a letter, then letters, digits, _ and -, at most 64 together".formatted(field));
        }
        return name;
    }

    /** Notes that a tier is not there. */
    void unknownTier(String name) {
        fault("tier", "TIER_UNKNOWN", "there is no tier '%s'; ListTiers names them".formatted(name));
    }

    void etag(String etag) {
        if (etag.isEmpty()) {
            fault("etag", "ETAG_MISSING", "etag must be the one that was read last");
        }
    }

    Set<Scope> scopes(List<String> words) {
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (String word : words) {
            Optional<Scope> scope = scope(word);
            scope.ifPresent(scopes::add);
            if (scope.isEmpty()) {
                fault("scopes", "SCOPE_UNKNOWN", "scopes must be of execute, modules, usage, account and admin");
            }
        }
        return scopes;
    }

    /** Scopes that replace others. */
    Set<Scope> scopesNotEmpty(List<String> words) {
        if (words.isEmpty()) {
            fault("scopes", "SCOPES_MISSING", "scopes must name at least one; RevokeApiKey ends a key");
        }
        return scopes(words);
    }

    /** A key's limit, judged against the same limit of its tier. */
    @Nullable
    Integer limit(String field, OptionalLong wish, int ofTier, String tier) {
        if (wish.isEmpty()) {
            return null;
        }
        if (wish.getAsLong() < 1) {
            fault(field, "LIMIT_NOT_POSITIVE", "%s must be 1 to %d".formatted(field, ofTier));
        } else if (wish.getAsLong() > ofTier) {
            fault(
                    field,
                    "LIMIT_ABOVE_TIER",
                    "%s must be at most %d, the limit of tier %s".formatted(field, ofTier, tier));
        } else {
            return (int) wish.getAsLong();
        }
        return null;
    }

    /** The limits of a key when both are there. */
    KeyLimits limits(KeyLimits limits) {
        if (limits.executionsPerMinute() != null
                && limits.executionsPerDay() != null
                && limits.executionsPerDay() < limits.executionsPerMinute()) {
            dayBelowMinute("limits.executions_per_day", limits.executionsPerMinute());
        }
        return limits;
    }

    /** A tier's figure. */
    int figure(String name, long value, int most) {
        if (value < 1 || value > most) {
            fault("figures." + name, "FIGURE_INVALID", "figures.%s must be 1 to %d".formatted(name, most));
            return 1;
        }
        return (int) value;
    }

    TierFigures figures(TierFigures figures) {
        if (figures.executionsPerDay() < figures.executionsPerMinute()) {
            dayBelowMinute("figures.executions_per_day", figures.executionsPerMinute());
        }
        return figures;
    }

    private void dayBelowMinute(String field, int perMinute) {
        fault(
                field,
                "DAY_BELOW_MINUTE",
                "%s must be at least executions_per_minute, which is %d".formatted(field, perMinute));
    }

    Optional<Instant> expiry(Optional<Instant> expiresAt, Instant now) {
        if (expiresAt
                .filter(end -> !end.isAfter(now) || end.isAfter(now.plus(LONGEST_LIFE)))
                .isPresent()) {
            fault(
                    "expires_at",
                    "EXPIRY_INVALID",
                    "expires_at must lie in the future, at most %d days ahead, or be absent"
                            .formatted(LONGEST_LIFE.toDays()));
        }
        return expiresAt;
    }

    Duration grace(Optional<Duration> grace) {
        Duration period = grace.orElse(DEFAULT_GRACE);
        if (period.isNegative() || period.compareTo(LONGEST_GRACE) > 0) {
            fault(
                    "grace_period",
                    "GRACE_INVALID",
                    "grace_period must be 0 to %d days; absent: %d hours"
                            .formatted(LONGEST_GRACE.toDays(), DEFAULT_GRACE.toHours()));
        }
        return period;
    }

    /** The fields that an update names, all of {@code allowed}. */
    Set<String> mask(List<String> paths, Set<String> allowed) {
        if (paths.isEmpty() || !allowed.containsAll(paths)) {
            fault(
                    "update_mask",
                    "UPDATE_MASK_INVALID",
                    "update_mask must name at least one of: " + String.join(", ", new java.util.TreeSet<>(allowed)));
        }
        return Set.copyOf(paths);
    }

    void fault(String field, String reason, String description) {
        faults.add(new FieldViolation(field, reason, description));
    }

    static Optional<UUID> uuid(String text) {
        return UUID_TEXT.matcher(text).matches() ? Optional.of(UUID.fromString(text)) : Optional.empty();
    }

    private static Optional<Scope> scope(String word) {
        for (Scope scope : Scope.values()) {
            if (scope.name().toLowerCase(Locale.ROOT).equals(word)) {
                return Optional.of(scope);
            }
        }
        return Optional.empty();
    }

    private static boolean isLabel(String name) {
        return name.codePointCount(0, name.length()) <= NAME_CHARACTERS
                && name.codePoints()
                        .noneMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE);
    }
}

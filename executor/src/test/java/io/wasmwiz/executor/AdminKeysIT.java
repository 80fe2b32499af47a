package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Duration;
import com.google.protobuf.FieldMask;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.wasmwiz.v1.ApiKey;
import io.wasmwiz.v1.CreateApiKeyRequest;
import io.wasmwiz.v1.CreateApiKeyResponse;
import io.wasmwiz.v1.GetApiKeyRequest;
import io.wasmwiz.v1.GetQuotaRequest;
import io.wasmwiz.v1.GetUserRequest;
import io.wasmwiz.v1.KeyLimits;
import io.wasmwiz.v1.ListApiKeysRequest;
import io.wasmwiz.v1.ListApiKeysResponse;
import io.wasmwiz.v1.RevokeApiKeyRequest;
import io.wasmwiz.v1.RotateApiKeyRequest;
import io.wasmwiz.v1.RotateApiKeyResponse;
import io.wasmwiz.v1.Scope;
import io.wasmwiz.v1.UpdateApiKeyRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Keys through {@code AdminService}, as an owner and as an operator. */
class AdminKeysIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private static final int MOST_KEYS = 6;
    private static final int MOST_CHANGES = 20;

    private static TestDatabase database;
    private static ExecutorFixture executor;
    private static Tenant operator;

    private Tenant owner;

    @BeforeAll
    static void start() {
        database = POSTGRES.createDatabase();
        executor = ExecutorFixture.startWithAdmin(
                database,
                KAFKA.bootstrapServers(),
                KAFKA.newTopic(1),
                "--admin-keys-per-account=" + MOST_KEYS,
                "--admin-changes-per-minute=" + MOST_CHANGES);
        operator = Tenant.withScopes(database, "Free", "{admin}");
        await().until(executor::isReady);
    }

    @AfterAll
    static void stop() {
        executor.close();
    }

    @BeforeEach
    void createOwner() {
        owner = Tenant.withScopes(database, "Free", "{account,execute,usage}");
    }

    @Test
    void issuesAKeyThatWorksAndShowsItsSecretOnce() {
        CreateApiKeyRequest request = CreateApiKeyRequest.newBuilder()
                .setName("ci")
                .addScopes(Scope.SCOPE_USAGE)
                .setLimits(KeyLimits.newBuilder().setExecutionsPerDay(7))
                .setRequestId(UUID.randomUUID().toString())
                .build();

        CreateApiKeyResponse first = own().createApiKey(request);
        CreateApiKeyResponse again = own().createApiKey(request);
        StatusRuntimeException other = Errors.of(
                () -> own().createApiKey(request.toBuilder().setName("other").build()));

        assertThat(first.getSecret()).matches("ww_[0-9A-Za-z]{36}");
        assertThat(first.getRepeated()).isFalse();
        assertThat(executor.usage(first.getSecret())
                        .getQuota(GetQuotaRequest.getDefaultInstance())
                        .getKeyDay()
                        .getLimit())
                .isEqualTo(7);
        assertThat(again.getRepeated()).isTrue();
        assertThat(again.getSecret()).isEmpty();
        assertThat(again.getApiKey()).isEqualTo(first.getApiKey());
        assertRefused(other, Status.Code.ALREADY_EXISTS, "REQUEST_ID_REUSED");
        assertThat(first.getApiKey().getUserId()).isEqualTo(owner.accountId().toString());
    }

    @Test
    void givesTheStandardScopesWhereNoneIsNamed() {
        assertThat(admin().createApiKey(CreateApiKeyRequest.newBuilder()
                                .setUserId(owner.accountId().toString())
                                .build())
                        .getApiKey()
                        .getScopesList())
                .containsExactly(Scope.SCOPE_EXECUTE, Scope.SCOPE_MODULES, Scope.SCOPE_USAGE);
    }

    @Test
    void namesEveryBadFieldOfAKey() {
        StatusRuntimeException error = Errors.of(() -> own().createApiKey(CreateApiKeyRequest.newBuilder()
                .setName("x".repeat(129))
                .addScopesValue(99)
                .setLimits(KeyLimits.newBuilder()
                        .setExecutionsPerMinute(11)
                        .setExecutionsPerDay(0)
                        .setMemoryMib(-1)
                        .setRunTimeMs(5_001))
                .setExpiresAt(Timestamps.fromSeconds(1_000_000_000))
                .setRequestId("no")
                .build()));

        assertThat(Errors.violations(error))
                .containsExactlyInAnyOrder(
                        "name NAME_INVALID",
                        "scopes SCOPE_UNKNOWN",
                        "limits.executions_per_minute LIMIT_ABOVE_TIER",
                        "limits.executions_per_day LIMIT_NOT_POSITIVE",
                        "limits.memory_mib LIMIT_ABOVE_TIER",
                        "limits.run_time_ms LIMIT_ABOVE_TIER",
                        "expires_at EXPIRY_INVALID",
                        "request_id REQUEST_ID_MALFORMED");
    }

    @Test
    void refusesADayBelowTheMinuteAndAnEndlessExpiry() {
        StatusRuntimeException error = Errors.of(() -> own().createApiKey(CreateApiKeyRequest.newBuilder()
                .setLimits(KeyLimits.newBuilder().setExecutionsPerMinute(9).setExecutionsPerDay(8))
                .setExpiresAt(Timestamp.newBuilder().setSeconds(Long.MAX_VALUE))
                .build()));

        assertThat(Errors.violations(error))
                .containsExactlyInAnyOrder("limits.executions_per_day DAY_BELOW_MINUTE", "expires_at EXPIRY_INVALID");
    }

    @Test
    void changesWhatTheMaskNamesFromTheStateThatWasRead() {
        ApiKey key = issue(Scope.SCOPE_USAGE, Scope.SCOPE_EXECUTE);
        UpdateApiKeyRequest.Builder change = UpdateApiKeyRequest.newBuilder()
                .setKeyId(key.getKeyId())
                .setUpdateMask(FieldMask.newBuilder()
                        .addPaths("name")
                        .addPaths("scopes")
                        .addPaths("limits.memory_mib")
                        .addPaths("expires_at"))
                .setName("renamed")
                .addScopes(Scope.SCOPE_USAGE)
                .setLimits(KeyLimits.newBuilder().setMemoryMib(64).setRunTimeMs(7))
                .setExpiresAt(inAnHour())
                .setEtag(key.getEtag());

        ApiKey changed = own().updateApiKey(change.build()).getApiKey();
        StatusRuntimeException stale = Errors.of(() -> own().updateApiKey(change.build()));
        ApiKey lifted = own().updateApiKey(UpdateApiKeyRequest.newBuilder()
                        .setKeyId(key.getKeyId())
                        .setUpdateMask(FieldMask.newBuilder().addPaths("limits").addPaths("expires_at"))
                        .setEtag(changed.getEtag())
                        .build())
                .getApiKey();

        assertThat(changed.getName()).isEqualTo("renamed");
        assertThat(changed.getScopesList()).containsExactly(Scope.SCOPE_USAGE);
        assertThat(changed.getLimits())
                .isEqualTo(KeyLimits.newBuilder().setMemoryMib(64).build());
        assertThat(changed.hasExpiresAt()).isTrue();
        assertRefused(stale, Status.Code.ABORTED, "ETAG_MISMATCH");
        assertThat(lifted.getLimits()).isEqualTo(KeyLimits.getDefaultInstance());
        assertThat(lifted.hasExpiresAt()).isFalse();
    }

    @Test
    void refusesUpdatesWithoutMaskEtagOrScopes() {
        ApiKey key = issue(Scope.SCOPE_USAGE);
        assertThat(Errors.violations(Errors.of(() -> own().updateApiKey(UpdateApiKeyRequest.newBuilder()
                        .setKeyId(key.getKeyId())
                        .build()))))
                .containsExactlyInAnyOrder("update_mask UPDATE_MASK_INVALID", "etag ETAG_MISSING");
        assertThat(Errors.violations(Errors.of(() -> own().updateApiKey(UpdateApiKeyRequest.newBuilder()
                        .setKeyId(key.getKeyId())
                        .setUpdateMask(FieldMask.newBuilder().addPaths("scopes"))
                        .setEtag(key.getEtag())
                        .build()))))
                .containsExactly("scopes SCOPES_MISSING");
    }

    @Test
    void rotatesAKeyWithAGracePeriod() {
        ApiKey old = issue(Scope.SCOPE_USAGE);
        RotateApiKeyRequest request = RotateApiKeyRequest.newBuilder()
                .setKeyId(old.getKeyId())
                .setGracePeriod(Duration.newBuilder().setSeconds(3_600))
                .setRequestId(UUID.randomUUID().toString())
                .build();

        RotateApiKeyResponse rotated = own().rotateApiKey(request);
        RotateApiKeyResponse again = own().rotateApiKey(request);

        assertThat(rotated.getSecret()).isNotEmpty();
        executor.usage(rotated.getSecret()).getQuota(GetQuotaRequest.getDefaultInstance());
        assertThat(rotated.getApiKey().getKeyId()).isNotEqualTo(old.getKeyId());
        assertThat(rotated.getApiKey().getScopesList()).isEqualTo(old.getScopesList());
        assertThat(rotated.getApiKey().hasExpiresAt()).isFalse();
        assertThat(rotated.getReplaced().getKeyId()).isEqualTo(old.getKeyId());
        assertThat(Timestamps.toMillis(rotated.getReplaced().getExpiresAt()))
                .isBetween(
                        Instant.now().plusSeconds(3_000).toEpochMilli(),
                        Instant.now().plusSeconds(3_600).toEpochMilli());
        assertThat(again.getRepeated()).isTrue();
        assertThat(again.getSecret()).isEmpty();
        assertThat(again.getApiKey()).isEqualTo(rotated.getApiKey());
    }

    @Test
    void endsTheReplacedKeyAtOnceWithoutGrace() {
        CreateApiKeyResponse old = own().createApiKey(CreateApiKeyRequest.newBuilder()
                .addScopes(Scope.SCOPE_USAGE)
                .build());
        executor.usage(old.getSecret()).getQuota(GetQuotaRequest.getDefaultInstance());

        own().rotateApiKey(RotateApiKeyRequest.newBuilder()
                .setKeyId(old.getApiKey().getKeyId())
                .setGracePeriod(Duration.getDefaultInstance())
                .build());

        await().untilAsserted(() -> assertRefused(
                Errors.of(() -> executor.usage(old.getSecret()).getQuota(GetQuotaRequest.getDefaultInstance())),
                Status.Code.UNAUTHENTICATED,
                "KEY_EXPIRED"));
        assertRefused(
                Errors.of(() -> own().rotateApiKey(RotateApiKeyRequest.newBuilder()
                        .setKeyId(old.getApiKey().getKeyId())
                        .build())),
                Status.Code.FAILED_PRECONDITION,
                "KEY_NOT_ACTIVE");
        assertThat(Errors.violations(Errors.of(() -> own().rotateApiKey(RotateApiKeyRequest.newBuilder()
                        .setKeyId(old.getApiKey().getKeyId())
                        .setGracePeriod(Duration.newBuilder().setSeconds(31L * 86_400))
                        .build()))))
                .containsExactly("grace_period GRACE_INVALID");
    }

    @Test
    void revokesAKeyForGoodButNotTheCallersOwn() {
        CreateApiKeyResponse key = own().createApiKey(CreateApiKeyRequest.newBuilder()
                .addScopes(Scope.SCOPE_USAGE)
                .build());
        RevokeApiKeyRequest request = RevokeApiKeyRequest.newBuilder()
                .setKeyId(key.getApiKey().getKeyId())
                .build();

        ApiKey revoked = own().revokeApiKey(request).getApiKey();

        assertThat(revoked.hasRevokedAt()).isTrue();
        assertThat(own().revokeApiKey(request).getApiKey()).isEqualTo(revoked);
        await().untilAsserted(() -> assertRefused(
                Errors.of(() -> executor.usage(key.getSecret()).getQuota(GetQuotaRequest.getDefaultInstance())),
                Status.Code.UNAUTHENTICATED,
                "KEY_REVOKED"));
        assertRefused(
                Errors.of(() -> own().revokeApiKey(RevokeApiKeyRequest.newBuilder()
                        .setKeyId(owner.keyId().toString())
                        .build())),
                Status.Code.FAILED_PRECONDITION,
                "OWN_KEY");
    }

    @Test
    void givesNoScopeThatTheOwnersKeyLacksAndChangesNoKeyThatHasOne() {
        ApiKey wider = admin().createApiKey(CreateApiKeyRequest.newBuilder()
                        .setUserId(owner.accountId().toString())
                        .addScopes(Scope.SCOPE_ADMIN)
                        .build())
                .getApiKey();
        ApiKey narrow = issue(Scope.SCOPE_USAGE);
        List<StatusRuntimeException> refusals = List.of(
                Errors.of(() -> own().createApiKey(CreateApiKeyRequest.newBuilder()
                        .addScopes(Scope.SCOPE_ADMIN)
                        .build())),
                Errors.of(() -> own().createApiKey(CreateApiKeyRequest.getDefaultInstance())),
                Errors.of(() -> own().updateApiKey(UpdateApiKeyRequest.newBuilder()
                        .setKeyId(narrow.getKeyId())
                        .setUpdateMask(FieldMask.newBuilder().addPaths("scopes"))
                        .addScopes(Scope.SCOPE_MODULES)
                        .setEtag(narrow.getEtag())
                        .build())),
                Errors.of(() -> own().updateApiKey(UpdateApiKeyRequest.newBuilder()
                        .setKeyId(wider.getKeyId())
                        .setUpdateMask(FieldMask.newBuilder().addPaths("expires_at"))
                        .setEtag(wider.getEtag())
                        .build())),
                Errors.of(() -> own().rotateApiKey(RotateApiKeyRequest.newBuilder()
                        .setKeyId(wider.getKeyId())
                        .build())),
                Errors.of(() -> own().revokeApiKey(RevokeApiKeyRequest.newBuilder()
                        .setKeyId(wider.getKeyId())
                        .build())));

        assertThat(refusals)
                .allSatisfy(refusal -> assertRefused(refusal, Status.Code.PERMISSION_DENIED, "SCOPE_NOT_HELD"));
        assertThat(own().getApiKey(GetApiKeyRequest.newBuilder()
                                .setKeyId(wider.getKeyId())
                                .build())
                        .getApiKey())
                .isEqualTo(wider);
    }

    @Test
    void makesNoKeyThatMayDoMoreThanTheCallersOwn() {
        Timestamp end = inAnHour();
        KeyLimits limits =
                KeyLimits.newBuilder().setExecutionsPerDay(7).setMemoryMib(64).build();
        CreateApiKeyRequest narrow = CreateApiKeyRequest.newBuilder()
                .addScopes(Scope.SCOPE_ACCOUNT)
                .setLimits(limits)
                .setExpiresAt(end)
                .build();
        CreateApiKeyResponse own = own().createApiKey(narrow);
        AdminServiceBlockingStub narrowed = executor.administration(own.getSecret());

        ApiKey equal = narrowed.createApiKey(narrow).getApiKey();
        StatusRuntimeException wide = Errors.of(() -> narrowed.createApiKey(
                CreateApiKeyRequest.newBuilder().addScopes(Scope.SCOPE_ACCOUNT).build()));
        StatusRuntimeException wider = Errors.of(() -> narrowed.createApiKey(narrow.toBuilder()
                .setLimits(limits.toBuilder().setMemoryMib(65).setRunTimeMs(100))
                .setExpiresAt(
                        Timestamps.add(end, Duration.newBuilder().setSeconds(1).build()))
                .build()));
        StatusRuntimeException lifted = Errors.of(() -> narrowed.updateApiKey(UpdateApiKeyRequest.newBuilder()
                .setKeyId(own.getApiKey().getKeyId())
                .setUpdateMask(FieldMask.newBuilder().addPaths("limits").addPaths("expires_at"))
                .setEtag(own.getApiKey().getEtag())
                .build()));

        assertThat(equal.getLimits()).isEqualTo(limits);
        assertThat(List.of(Errors.violations(wide), Errors.violations(lifted)))
                .allSatisfy(violations -> assertThat(violations)
                        .containsExactlyInAnyOrder(
                                "limits.executions_per_day LIMIT_ABOVE_KEY",
                                "limits.memory_mib LIMIT_ABOVE_KEY",
                                "expires_at EXPIRY_BEYOND_KEY"));
        assertThat(Errors.violations(wider))
                .containsExactlyInAnyOrder("limits.memory_mib LIMIT_ABOVE_KEY", "expires_at EXPIRY_BEYOND_KEY");
    }

    @Test
    void neitherChangesNorRotatesAKeyThatMayDoMoreThanTheCallersOwnAndMayRevokeIt() {
        ApiKey wide = issue(Scope.SCOPE_ACCOUNT);
        AdminServiceBlockingStub narrowed = executor.administration(own().createApiKey(CreateApiKeyRequest.newBuilder()
                        .addScopes(Scope.SCOPE_ACCOUNT)
                        .setLimits(KeyLimits.newBuilder().setRunTimeMs(1_000))
                        .build())
                .getSecret());
        List<StatusRuntimeException> refusals = List.of(
                Errors.of(() -> narrowed.rotateApiKey(RotateApiKeyRequest.newBuilder()
                        .setKeyId(wide.getKeyId())
                        .build())),
                Errors.of(() -> narrowed.updateApiKey(UpdateApiKeyRequest.newBuilder()
                        .setKeyId(wide.getKeyId())
                        .setUpdateMask(FieldMask.newBuilder().addPaths("name"))
                        .setEtag(wide.getEtag())
                        .build())));

        assertThat(refusals).allSatisfy(refusal -> {
            assertRefused(refusal, Status.Code.PERMISSION_DENIED, "KEY_WIDER");
            assertThat(Errors.info(refusal).getMetadataMap()).containsEntry("field", "limits.run_time_ms");
        });
        assertThat(narrowed.revokeApiKey(RevokeApiKeyRequest.newBuilder()
                                .setKeyId(wide.getKeyId())
                                .build())
                        .getApiKey()
                        .hasRevokedAt())
                .isTrue();
    }

    @Test
    void readsTheOwnAccountWithoutNamingIt() {
        assertThat(own().getUser(GetUserRequest.getDefaultInstance()).getUser().getUserId())
                .isEqualTo(owner.accountId().toString());
    }

    @Test
    void listsKeysPageByPageNewestFirst() {
        List<String> issued = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            issued.add(0, issue(Scope.SCOPE_USAGE).getKeyId());
        }
        issued.add(owner.keyId().toString());
        ListApiKeysRequest.Builder request = ListApiKeysRequest.newBuilder().setPageSize(2);

        List<String> listed = new ArrayList<>();
        ListApiKeysResponse page;
        do {
            page = own().listApiKeys(request.build());
            page.getApiKeysList().forEach(key -> listed.add(key.getKeyId()));
            request.setPageToken(page.getNextPageToken());
        } while (!page.getNextPageToken().isEmpty());

        assertThat(listed).isEqualTo(issued);
    }

    @Test
    void keepsAnAccountToItsNumberOfKeysWhateverComesAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Future<Boolean>> attempts = new ArrayList<>();
        for (int i = 0; i < 2 * MOST_KEYS; i++) {
            attempts.add(threads.submit(() -> {
                try {
                    admin().createApiKey(CreateApiKeyRequest.newBuilder()
                            .setUserId(owner.accountId().toString())
                            .build());
                    return true;
                } catch (StatusRuntimeException e) {
                    assertRefused(e, Status.Code.RESOURCE_EXHAUSTED, "KEY_LIMIT_REACHED");
                    return false;
                }
            }));
        }
        threads.shutdown();

        int made = 0;
        for (Future<Boolean> attempt : attempts) {
            made += attempt.get() ? 1 : 0;
        }
        assertThat(made).isEqualTo(MOST_KEYS - 1);
    }

    @Test
    void slowsAnOwnerDownAndNotAnOperator() {
        String key = issue(Scope.SCOPE_USAGE).getKeyId();
        RevokeApiKeyRequest request =
                RevokeApiKeyRequest.newBuilder().setKeyId(key).build();

        // Two minutes may be touched.
        StatusRuntimeException refused = Errors.of(() -> {
            for (int i = 0; i <= 2 * MOST_CHANGES; i++) {
                own().revokeApiKey(request);
            }
        });

        assertRefused(refused, Status.Code.RESOURCE_EXHAUSTED, "CHANGES_SPENT");
        for (int i = 0; i <= 2 * MOST_CHANGES; i++) {
            admin().revokeApiKey(request);
        }
    }

    private AdminServiceBlockingStub own() {
        return executor.administration(owner.key());
    }

    private static AdminServiceBlockingStub admin() {
        return executor.administration(operator.key());
    }

    private ApiKey issue(Scope... scopes) {
        return own().createApiKey(CreateApiKeyRequest.newBuilder()
                        .addAllScopes(List.of(scopes))
                        .build())
                .getApiKey();
    }

    private static Timestamp inAnHour() {
        return Timestamps.fromMillis(Instant.now().plusSeconds(3_600).toEpochMilli());
    }

    private static void assertRefused(StatusRuntimeException error, Status.Code code, String reason) {
        assertThat(Errors.reason(error)).isEqualTo(reason);
        assertThat(error.getStatus().getCode()).isEqualTo(code);
    }
}

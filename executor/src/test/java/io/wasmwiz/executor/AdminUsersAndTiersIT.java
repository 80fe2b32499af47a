package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.FieldMask;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.wasmwiz.v1.CreateTierRequest;
import io.wasmwiz.v1.CreateTierResponse;
import io.wasmwiz.v1.CreateUserRequest;
import io.wasmwiz.v1.CreateUserResponse;
import io.wasmwiz.v1.GetQuotaRequest;
import io.wasmwiz.v1.GetUserRequest;
import io.wasmwiz.v1.ListTiersRequest;
import io.wasmwiz.v1.ListTiersResponse;
import io.wasmwiz.v1.ListUsersRequest;
import io.wasmwiz.v1.ListUsersResponse;
import io.wasmwiz.v1.ResumeUserRequest;
import io.wasmwiz.v1.SuspendUserRequest;
import io.wasmwiz.v1.Tier;
import io.wasmwiz.v1.TierFigures;
import io.wasmwiz.v1.UpdateTierRequest;
import io.wasmwiz.v1.UpdateUserTierRequest;
import io.wasmwiz.v1.User;
import io.wasmwiz.v1.UserStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Accounts and tiers through {@code AdminService}: gRPC, a whole executor, PostgreSQL, the admin role. */
class AdminUsersAndTiersIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private static TestDatabase database;
    private static ExecutorFixture executor;
    private static Tenant operator;

    @BeforeAll
    static void start() {
        database = POSTGRES.createDatabase();
        executor = ExecutorFixture.startWithAdmin(database, KAFKA.bootstrapServers(), KAFKA.newTopic(1));
        operator = Tenant.withScopes(database, "Free", "{admin}");
        await().until(executor::isReady);
    }

    @AfterAll
    static void stop() {
        executor.close();
    }

    @Test
    void opensAnAccountOnce() {
        String request = UUID.randomUUID().toString();
        CreateUserRequest.Builder creation = CreateUserRequest.newBuilder()
                .setName("Acme Ltd")
                .setTier("Basic")
                .setRequestId(request);

        CreateUserResponse first = admin().createUser(creation.build());
        CreateUserResponse again = admin().createUser(creation.build());
        StatusRuntimeException other =
                Errors.of(() -> admin().createUser(creation.setTier("Pro").build()));
        StatusRuntimeException taken = Errors.of(() ->
                admin().createUser(creation.setName("ACME ltd").clearRequestId().build()));

        assertThat(first.getRepeated()).isFalse();
        assertThat(first.getUser().getStatus()).isEqualTo(UserStatus.USER_STATUS_ACTIVE);
        assertThat(first.getUser().getTier()).isEqualTo("Basic");
        assertThat(again.getRepeated()).isTrue();
        assertThat(again.getUser()).isEqualTo(first.getUser());
        assertRefused(other, Status.Code.ALREADY_EXISTS, "REQUEST_ID_REUSED");
        assertRefused(taken, Status.Code.ALREADY_EXISTS, "USER_NAME_TAKEN");
        assertThat(admin().getUser(
                                GetUserRequest.newBuilder().setName("acme ltd").build())
                        .getUser())
                .isEqualTo(first.getUser());
    }

    @Test
    void namesEveryBadFieldOfANewAccount() {
        StatusRuntimeException error = Errors.of(() -> admin().createUser(CreateUserRequest.newBuilder()
                .setName(" x")
                .setTier("Gold")
                .setRequestId("7")
                .build()));

        assertThat(Errors.violations(error))
                .containsExactlyInAnyOrder("name NAME_INVALID", "request_id REQUEST_ID_MALFORMED", "tier TIER_UNKNOWN");
    }

    @Test
    void movesAnAccountToAnotherTierOnlyFromTheStateThatWasRead() {
        User user = create("mover");
        UpdateUserTierRequest.Builder change = UpdateUserTierRequest.newBuilder()
                .setUserId(user.getUserId())
                .setTier("Pro")
                .setEtag(user.getEtag());

        User moved = admin().updateUserTier(change.build()).getUser();
        StatusRuntimeException stale = Errors.of(() -> admin().updateUserTier(change.build()));
        StatusRuntimeException without =
                Errors.of(() -> admin().updateUserTier(change.clearEtag().build()));

        assertThat(moved.getTier()).isEqualTo("Pro");
        assertRefused(stale, Status.Code.ABORTED, "ETAG_MISMATCH");
        assertThat(Errors.info(stale).getMetadataMap()).containsEntry("etag", moved.getEtag());
        assertThat(Errors.violations(without)).containsExactly("etag ETAG_MISSING");
    }

    @Test
    void suspendsAndResumesAnAccount() {
        Tenant tenant = Tenant.create(database, "Free");
        String id = tenant.accountId().toString();
        executor.usage(tenant.key()).getQuota(GetQuotaRequest.getDefaultInstance());

        SuspendUserRequest suspension =
                SuspendUserRequest.newBuilder().setUserId(id).build();
        User suspended = admin().suspendUser(suspension).getUser();
        assertThat(admin().suspendUser(suspension).getUser()).isEqualTo(suspended);
        await().untilAsserted(() -> assertRefused(
                Errors.of(() -> executor.usage(tenant.key()).getQuota(GetQuotaRequest.getDefaultInstance())),
                Status.Code.PERMISSION_DENIED,
                "ACCOUNT_SUSPENDED"));

        admin().resumeUser(ResumeUserRequest.newBuilder().setUserId(id).build());
        await().untilAsserted(() -> executor.usage(tenant.key()).getQuota(GetQuotaRequest.getDefaultInstance()));
    }

    @Test
    void doesNotLetAnOperatorShutItselfOut() {
        assertRefused(
                Errors.of(() -> admin().suspendUser(SuspendUserRequest.newBuilder()
                        .setUserId(operator.accountId().toString())
                        .build())),
                Status.Code.FAILED_PRECONDITION,
                "OWN_ACCOUNT");
    }

    @Test
    void listsAccountsPageByPageForAFilter() {
        createTier("Listed");
        List<String> created = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            created.add(0, create("listed-" + i, "Listed").getUserId());
        }
        ListUsersRequest.Builder request =
                ListUsersRequest.newBuilder().setTier("Listed").setPageSize(2);

        List<String> listed = new ArrayList<>();
        ListUsersResponse page;
        do {
            page = admin().listUsers(request.build());
            page.getUsersList().forEach(user -> listed.add(user.getUserId()));
            request.setPageToken(page.getNextPageToken());
        } while (!page.getNextPageToken().isEmpty());
        String token = admin().listUsers(request.setPageToken("").build()).getNextPageToken();
        StatusRuntimeException otherFilter = Errors.of(() -> admin().listUsers(ListUsersRequest.newBuilder()
                .setTier("Free")
                .setPageToken(token)
                .build()));

        assertThat(listed).isEqualTo(created);
        assertRefused(otherFilter, Status.Code.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID");
        assertThat(admin().listUsers(ListUsersRequest.newBuilder()
                                .setTier("Listed")
                                .setStatus(UserStatus.USER_STATUS_SUSPENDED)
                                .build())
                        .getUsersList())
                .isEmpty();
    }

    @Test
    void changesATierAsANewVersion() {
        Tier first = createTier("Team");

        Tier second = admin().updateTier(UpdateTierRequest.newBuilder()
                        .setName("Team")
                        .setUpdateMask(FieldMask.newBuilder().addPaths("figures.executions_per_day"))
                        .setFigures(TierFigures.newBuilder().setExecutionsPerDay(900))
                        .setEtag(first.getEtag())
                        .build())
                .getTier();

        assertThat(first.getVersion()).isEqualTo(1);
        assertThat(second.getVersion()).isEqualTo(2);
        assertThat(second.getFigures())
                .isEqualTo(
                        first.getFigures().toBuilder().setExecutionsPerDay(900).build());
        assertThat(second.getEtag()).isNotEqualTo(first.getEtag());
    }

    @Test
    void refusesFiguresThatCannotBe() {
        StatusRuntimeException zeros = Errors.of(() ->
                admin().createTier(CreateTierRequest.newBuilder().setName("1x").build()));
        Tier tier = createTier("Strict");
        StatusRuntimeException below = Errors.of(() -> admin().updateTier(UpdateTierRequest.newBuilder()
                .setName("Strict")
                .setUpdateMask(FieldMask.newBuilder().addPaths("figures.executions_per_day"))
                .setFigures(TierFigures.newBuilder().setExecutionsPerDay(1))
                .setEtag(tier.getEtag())
                .build()));
        StatusRuntimeException mask = Errors.of(() -> admin().updateTier(UpdateTierRequest.newBuilder()
                .setName("Strict")
                .setUpdateMask(FieldMask.newBuilder().addPaths("name"))
                .setEtag(tier.getEtag())
                .build()));

        assertThat(Errors.violations(zeros))
                .containsExactlyInAnyOrder(
                        "name NAME_INVALID",
                        "figures.executions_per_minute FIGURE_INVALID",
                        "figures.executions_per_day FIGURE_INVALID",
                        "figures.memory_mib FIGURE_INVALID",
                        "figures.run_time_ms FIGURE_INVALID",
                        "figures.max_concurrency FIGURE_INVALID");
        assertThat(Errors.violations(below)).containsExactly("figures.executions_per_day DAY_BELOW_MINUTE");
        assertThat(Errors.violations(mask)).containsExactly("update_mask UPDATE_MASK_INVALID");
    }

    @Test
    void listsTiersPageByPage() {
        List<String> names = new ArrayList<>();
        ListTiersRequest.Builder request = ListTiersRequest.newBuilder().setPageSize(2);
        ListTiersResponse page;
        do {
            page = admin().listTiers(request.build());
            page.getTiersList().forEach(tier -> names.add(tier.getName()));
            request.setPageToken(page.getNextPageToken());
        } while (!page.getNextPageToken().isEmpty());

        assertThat(names).contains("Basic", "Free", "Pro").isSorted().doesNotHaveDuplicates();
    }

    private static AdminServiceBlockingStub admin() {
        return executor.administration(operator.key());
    }

    private static User create(String name) {
        return create(name, "Free");
    }

    private static User create(String name, String tier) {
        return admin().createUser(CreateUserRequest.newBuilder()
                        .setName(name)
                        .setTier(tier)
                        .build())
                .getUser();
    }

    private static Tier createTier(String name) {
        CreateTierResponse created = admin().createTier(CreateTierRequest.newBuilder()
                .setName(name)
                .setFigures(TierFigures.newBuilder()
                        .setExecutionsPerMinute(10)
                        .setExecutionsPerDay(100)
                        .setMemoryMib(64)
                        .setRunTimeMs(1_000)
                        .setMaxConcurrency(2))
                .setRequestId(UUID.nameUUIDFromBytes(name.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                        .toString())
                .build());
        return created.getTier();
    }

    private static void assertRefused(StatusRuntimeException error, Status.Code code, String reason) {
        assertThat(Errors.reason(error)).isEqualTo(reason);
        assertThat(error.getStatus().getCode()).isEqualTo(code);
    }
}

package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.GetQuotaRequest;
import io.wasmwiz.v1.Limits;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Replicas that know of each other only through PostgreSQL, with the executor's own role. */
class ThreeExecutorsIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private static final String SHARED_TIER = """
            INSERT INTO subscription_tiers (name, executions_per_minute, executions_per_day, memory_mib, run_time_ms,
                                            max_concurrency)
            VALUES ('Shared', 20, 20, 128, 5000, 50)
            """;

    private static TestDatabase database;
    private static List<ExecutorFixture> executors;

    @BeforeAll
    static void start() {
        database = POSTGRES.createDatabase();
        String topic = KAFKA.newTopic(3);
        executors = Stream.generate(
                        () -> ExecutorFixture.start(database.url("wasmwiz_executor"), KAFKA.bootstrapServers(), topic))
                .limit(3)
                .toList();
        executors.forEach(executor -> await().until(executor::isReady));
    }

    @AfterAll
    static void stop() {
        executors.forEach(ExecutorFixture::close);
    }

    @Test
    void refuseARevokedKeyAndTakeItsAccountsOtherKey() {
        Tenant tenant = knownToAll("Free");
        ApiKey other = ApiKey.generate(new SecureRandom());
        database.insertKey(tenant.accountId(), other.hash().sha256());

        change("UPDATE api_keys SET revoked_at = now() WHERE id = '" + tenant.keyId() + "'");

        awaitRefusal(tenant.key(), "KEY_REVOKED", Status.Code.UNAUTHENTICATED);
        executors.forEach(executor -> assertThat(tier(executor, other.text())).isEqualTo("Free"));
    }

    @Test
    void refuseAKeyFromTheMomentOfItsExpiry() {
        Tenant tenant = knownToAll("Free");

        change("UPDATE api_keys SET expires_at = clock_timestamp() + interval '1 second' WHERE id = '" + tenant.keyId()
                + "'");

        awaitRefusal(tenant.key(), "KEY_EXPIRED", Status.Code.UNAUTHENTICATED);
    }

    @Test
    void takeAKeyThatTheyRefusedBeforeItWasMade() {
        Tenant tenant = knownToAll("Free");
        ApiKey key = ApiKey.generate(new SecureRandom());
        awaitRefusal(key.text(), "KEY_UNKNOWN", Status.Code.UNAUTHENTICATED);

        database.insertKey(tenant.accountId(), key.hash().sha256());

        executors.forEach(executor -> await().ignoreExceptions()
                .untilAsserted(() -> assertThat(tier(executor, key.text())).isEqualTo("Free")));
    }

    @Test
    void refuseASuspendedAccountFinishWhatTheyAdmittedAndTakeItBack() {
        Tenant tenant = knownToAll("Free");
        ExecuteRequest endless = Programs.inline(Programs.LOOP).toBuilder()
                .setLimits(Limits.newBuilder()
                        .setRunTime(com.google.protobuf.Duration.newBuilder().setSeconds(5)))
                .build();
        CompletableFuture<ExecuteResponse> running = executors.get(0).begin(tenant.key(), endless);
        await().until(() -> executors.get(0).metric("wasmwiz_admission_in_flight") == 1);

        change("UPDATE users SET status = 'suspended' WHERE id = '" + tenant.accountId() + "'");

        awaitRefusal(tenant.key(), "ACCOUNT_SUSPENDED", Status.Code.PERMISSION_DENIED);
        assertThat(running)
                .succeedsWithin(60, TimeUnit.SECONDS)
                .extracting(response -> response.getReceipt().getStatus())
                .isEqualTo(ExecutionStatus.EXECUTION_STATUS_TIMED_OUT);
        change("UPDATE users SET status = 'active' WHERE id = '" + tenant.accountId() + "'");
        executors.forEach(executor -> await().ignoreExceptions()
                .untilAsserted(() -> assertThat(tier(executor, tenant.key())).isEqualTo("Free")));
    }

    @Test
    void applyANewTier() {
        Tenant tenant = knownToAll("Free");

        change("UPDATE users SET tier = 'Pro' WHERE id = '" + tenant.accountId() + "'");

        executors.forEach(executor -> await().untilAsserted(
                        () -> assertThat(tier(executor, tenant.key())).isEqualTo("Pro")));
    }

    @Test
    void giveTenKeysOfAnAccountOneAllowance() {
        change(SHARED_TIER);
        UUID account = database.insertAccount("sharing", "Shared");
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            ApiKey key = ApiKey.generate(new SecureRandom());
            database.insertKey(account, key.hash().sha256());
            keys.add(key.text());
        }
        int executed = 0;
        Set<String> refusals = new TreeSet<>();

        for (int i = 0; i < 40; i++) {
            try {
                executors
                        .get(i % executors.size())
                        .execution(keys.get(i % keys.size()))
                        .execute(Programs.inline(Programs.HELLO));
                executed++;
            } catch (io.grpc.StatusRuntimeException e) {
                refusals.add(Errors.reason(e));
            }
        }

        assertThat(executed).isEqualTo(20);
        assertThat(refusals).isSubsetOf("DAILY_QUOTA_SPENT", "MINUTE_QUOTA_SPENT");
    }

    /** A tenant whose key every executor has answered for. */
    private static Tenant knownToAll(String tier) {
        Tenant tenant = Tenant.create(database, tier);
        executors.forEach(executor -> assertThat(tier(executor, tenant.key())).isEqualTo(tier));
        return tenant;
    }

    private static String tier(ExecutorFixture executor, String key) {
        return executor.usage(key)
                .getQuota(GetQuotaRequest.getDefaultInstance())
                .getTier();
    }

    private static void awaitRefusal(String key, String reason, Status.Code code) {
        executors.forEach(executor -> await().untilAsserted(() -> {
            var error = Errors.of(() -> executor.execution(key).execute(Programs.inline(Programs.HELLO)));
            assertThat(Errors.reason(error)).isEqualTo(reason);
            assertThat(error.getStatus().getCode()).isEqualTo(code);
        }));
    }

    private static void change(String statement) {
        database.jdbi().useHandle(handle -> handle.execute(statement));
    }
}

package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonParser;
import io.grpc.StatusRuntimeException;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.wasmwiz.v1.AuditActor;
import io.wasmwiz.v1.AuditEvent;
import io.wasmwiz.v1.AuditOutcome;
import io.wasmwiz.v1.CreateApiKeyRequest;
import io.wasmwiz.v1.CreateApiKeyResponse;
import io.wasmwiz.v1.CreateUserRequest;
import io.wasmwiz.v1.GetUserRequest;
import io.wasmwiz.v1.ListAuditEventsRequest;
import io.wasmwiz.v1.ListAuditEventsResponse;
import io.wasmwiz.v1.ListUsersRequest;
import io.wasmwiz.v1.Scope;
import io.wasmwiz.v1.SuspendUserRequest;
import io.wasmwiz.v1.User;
import io.wasmwiz.v1.VerifyAuditRequest;
import io.wasmwiz.v1.VerifyAuditResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The audit log: what is on it, and that no change of it goes unnoticed. */
class AuditLogIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private TestDatabase database;
    private ExecutorFixture executor;
    private Tenant operator;

    @BeforeEach
    void start() {
        database = POSTGRES.createDatabase();
        executor = ExecutorFixture.startWithAdmin(
                database, KAFKA.bootstrapServers(), KAFKA.newTopic(1), "--admin-denials-per-minute=3");
        operator = Tenant.withScopes(database, "Free", "{admin}");
        await().until(executor::isReady);
    }

    @AfterEach
    void stop() {
        executor.close();
    }

    @Test
    void tellsWhoChangedWhatFromWhatToWhat() {
        String request = UUID.randomUUID().toString();
        User user = admin().createUser(CreateUserRequest.newBuilder()
                        .setName("ada \u00e9\ud83d\ude00")
                        .setTier("Free")
                        .setRequestId(request)
                        .build())
                .getUser();
        CreateApiKeyResponse key = admin().createApiKey(CreateApiKeyRequest.newBuilder()
                .setUserId(user.getUserId())
                .addScopes(Scope.SCOPE_USAGE)
                .build());
        admin().suspendUser(SuspendUserRequest.newBuilder()
                .setUserId(user.getUserId())
                .build());

        List<AuditEvent> events = events();

        assertThat(events)
                .extracting(AuditEvent::getAction)
                .containsExactly("SuspendUser", "CreateApiKey", "CreateUser");
        assertThat(events).allSatisfy(event -> {
            assertThat(event.getActor()).isEqualTo(AuditActor.AUDIT_ACTOR_KEY);
            assertThat(event.getActorKeyId()).isEqualTo(operator.keyId().toString());
            assertThat(event.getUserId()).isEqualTo(user.getUserId());
            assertThat(event.getClientAddress()).isEqualTo("127.0.0.1");
            assertThat(event.getUserAgent()).startsWith("grpc-java");
            assertThat(event.getOutcome()).isEqualTo(AuditOutcome.AUDIT_OUTCOME_DONE);
        });
        AuditEvent created = events.get(2);
        assertThat(created.getSeq()).isEqualTo(1);
        assertThat(created.getRequestId()).isEqualTo(request);
        assertThat(created.getBeforeState()).isEmpty();
        assertThat(JsonParser.parseString(created.getAfterState())
                        .getAsJsonObject()
                        .get("name")
                        .getAsString())
                .isEqualTo(user.getName());
        assertThat(events.get(0).getBeforeState()).contains("\"active\"");
        assertThat(events.get(0).getAfterState()).contains("\"suspended\"");
        assertThat(events.toString()).doesNotContain(key.getSecret());
        assertThat(verify()).satisfies(found -> {
            assertThat(found.getVerified()).isEqualTo(3);
            assertThat(found.hasFault()).isFalse();
            assertThat(found.getHeadHash()).isEqualTo(events.get(0).getHash());
        });
    }

    @Test
    void listsPageByPageAndForOneAccount() {
        User ada = create("ada");
        create("bob");
        create("cyd");
        ListAuditEventsRequest.Builder request =
                ListAuditEventsRequest.newBuilder().setPageSize(2);

        List<Long> numbers = new ArrayList<>();
        ListAuditEventsResponse page;
        do {
            page = admin().listAuditEvents(request.build());
            page.getEventsList().forEach(event -> numbers.add(event.getSeq()));
            request.setPageToken(page.getNextPageToken());
        } while (!page.getNextPageToken().isEmpty());

        assertThat(numbers).containsExactly(3L, 2L, 1L);
        assertThat(admin().listAuditEvents(ListAuditEventsRequest.newBuilder()
                                .setUserId(ada.getUserId())
                                .build())
                        .getEventsList())
                .singleElement()
                .satisfies(event -> assertThat(event.getSeq()).isEqualTo(1));
    }

    @Test
    void writesNothingForAChangeThatWasUndone() {
        create("ada");
        Errors.of(() -> create("ADA"));

        assertThat(events()).hasSize(1);
    }

    @Test
    void writesDeniedCallsOfEveryKind() {
        Tenant owner = Tenant.withScopes(database, "Free", "{account}");
        Tenant other = Tenant.create(database, "Free");

        Errors.of(() -> executor.administration(other.key()).listUsers(ListUsersRequest.getDefaultInstance()));
        awaitEvents(1);
        Errors.of(() -> executor.administration(owner.key())
                .getUser(GetUserRequest.newBuilder()
                        .setUserId(other.accountId().toString())
                        .build()));
        awaitEvents(2);
        Errors.of(() -> executor.administration(owner.key())
                .createApiKey(CreateApiKeyRequest.newBuilder()
                        .addScopes(Scope.SCOPE_EXECUTE)
                        .build()));
        awaitEvents(3);
        Errors.of(() -> executor.administration("ww_nonsense").listUsers(ListUsersRequest.getDefaultInstance()));
        awaitEvents(4);

        List<AuditEvent> events = events();
        assertThat(events).extracting(AuditEvent::getOutcome).containsOnly(AuditOutcome.AUDIT_OUTCOME_DENIED);
        assertThat(events)
                .extracting(AuditEvent::getReason)
                .containsExactly("KEY_MALFORMED", "SCOPE_NOT_HELD", "USER_NOT_FOUND", "SCOPE_MISSING");
        assertThat(events)
                .extracting(AuditEvent::getActorUserId)
                .containsExactly(
                        "",
                        owner.accountId().toString(),
                        owner.accountId().toString(),
                        other.accountId().toString());
        assertThat(events.get(2).getTarget()).isEqualTo("users/" + other.accountId());
    }

    @Test
    void countsAFloodOfDeniedCallsInOneEvent() {
        Tenant nosy = Tenant.create(database, "Free");
        for (int i = 0; i < 30; i++) {
            StatusRuntimeException denied = Errors.of(
                    () -> executor.administration(nosy.key()).listUsers(ListUsersRequest.getDefaultInstance()));
            assertThat(Errors.reason(denied)).isEqualTo("SCOPE_MISSING");
        }
        // Closing writes what was counted. The calls may have touched two minutes.
        executor.close();

        List<String> written = database.jdbi()
                .withHandle(handle -> handle.createQuery(
                                "SELECT coalesce(after_state, action) FROM audit_events ORDER BY seq")
                        .mapTo(String.class)
                        .list());
        long listed = written.stream().filter("ListUsers"::equals).count();
        assertThat(listed).isBetween(3L, 6L);
        assertThat(written.stream().skip(listed))
                .singleElement()
                .satisfies(summary -> assertThat(JsonParser.parseString(summary)
                                .getAsJsonObject()
                                .get("denied_calls")
                                .getAsLong())
                        .isEqualTo(30 - listed));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "an edited byte        | 2 | UPDATE audit_events SET after_state = replace(after_state, 'user-2', 'user-9') WHERE seq = 2",
                "an edited address     | 3 | UPDATE audit_events SET client_address = '127.0.0.2' WHERE seq = 3",
                "an edited time        | 1 | UPDATE audit_events SET at = at + interval '1 microsecond' WHERE seq = 1",
                "NULL for empty        | 4 | UPDATE audit_events SET before_state = '' WHERE seq = 4",
                "a missing row         | 3 | DELETE FROM audit_events WHERE seq = 3",
                "the first one missing | 1 | DELETE FROM audit_events WHERE seq = 1",
                "the newest missing    | 5 | DELETE FROM audit_events WHERE seq = 5",
                "all of them missing   | 1 | DELETE FROM audit_events",
                "two in other order    | 2 | UPDATE audit_events SET seq = CASE seq WHEN 2 THEN 30 ELSE 2 END WHERE seq IN (2, 3); UPDATE audit_events SET seq = 3 WHERE seq = 30",
                "one with a new hash   | 3 | UPDATE audit_events SET target = 'x' WHERE seq = 2; UPDATE audit_events e SET hash = audit_hash(e) WHERE seq = 2",
                "a new newest one      | 5 | UPDATE audit_events SET target = 'x' WHERE seq = 5; UPDATE audit_events e SET hash = audit_hash(e) WHERE seq = 5",
                "one too many          | 6 | INSERT INTO audit_events SELECT (jsonb_populate_record(e, '{\"seq\": 6}')).* FROM audit_events e WHERE seq = 5; UPDATE audit_events SET previous_hash = (SELECT hash FROM audit_events WHERE seq = 5) WHERE seq = 6; UPDATE audit_events e SET hash = audit_hash(e) WHERE seq = 6",
            })
    void findsTheFirstEventThatIsNotAsItWas(String what, long seq, String tampering) {
        for (int i = 1; i <= 5; i++) {
            create("user-" + i);
        }
        assertThat(verify().hasFault()).isFalse();

        // As the schema's owner could, with the triggers switched off.
        database.jdbi().useTransaction(handle -> {
            handle.execute("SET LOCAL session_replication_role = replica");
            handle.createScript(tampering).execute();
        });

        assertThat(verify().getFault().getSeq()).as(what).isEqualTo(seq);
        assertThat(verify().getFault().getDescription()).isNotBlank();
        assertThat(verify().getHeadHash()).isEmpty();
    }

    @Test
    void verifiesALongLogInStretches() {
        database.jdbi()
                .useHandle(handle -> handle.execute(
                        "INSERT INTO audit_events (actor, action, target, client_address, user_agent, outcome)"
                                + " SELECT 'server', 'CreateUser', '', '', '', 'done' FROM generate_series(1, 2500)"));

        VerifyAuditResponse first = admin().verifyAudit(VerifyAuditRequest.getDefaultInstance());

        assertThat(first.getVerified()).isEqualTo(1_000);
        assertThat(first.getNextPageToken()).isNotEmpty();
        assertThat(verify().getVerified()).isEqualTo(2_500);
        database.jdbi().useTransaction(handle -> {
            handle.execute("SET LOCAL session_replication_role = replica");
            handle.execute("DELETE FROM audit_events WHERE seq = 2001");
        });
        assertThat(verify().getFault().getSeq()).isEqualTo(2_001);
    }

    private AdminServiceBlockingStub admin() {
        return executor.administration(operator.key());
    }

    private User create(String name) {
        return admin().createUser(CreateUserRequest.newBuilder()
                        .setName(name)
                        .setTier("Free")
                        .build())
                .getUser();
    }

    private List<AuditEvent> events() {
        return admin().listAuditEvents(ListAuditEventsRequest.getDefaultInstance())
                .getEventsList();
    }

    private void awaitEvents(int count) {
        await().untilAsserted(() -> assertThat(events()).hasSize(count));
    }

    /** To the end, or to the first fault. */
    private VerifyAuditResponse verify() {
        VerifyAuditResponse found = admin().verifyAudit(VerifyAuditRequest.getDefaultInstance());
        while (!found.getNextPageToken().isEmpty()) {
            found = admin().verifyAudit(VerifyAuditRequest.newBuilder()
                    .setPageToken(found.getNextPageToken())
                    .build());
        }
        return found;
    }
}

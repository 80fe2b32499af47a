package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.grpc.StatusRuntimeException;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.ListModulesRequest;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

/** Looks for a key in everything that an executor writes and says. */
class KeySecrecyIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private static final String TABLES = """
            SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
            WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
            """;

    private final TestDatabase database = POSTGRES.createDatabase();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Logger ours = (Logger) LoggerFactory.getLogger("io.wasmwiz");
    private final Level levelBefore = ours.getLevel();
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

    // All that WASMWIZ_LOG_LEVEL can bring about.
    @BeforeEach
    void logAll() {
        logged.start();
        root.addAppender(logged);
        ours.setLevel(Level.TRACE);
    }

    @AfterEach
    void logAsBefore() {
        ours.setLevel(levelBefore);
        root.detachAppender(logged);
    }

    @Test
    void noLogErrorEventOrRowHasAKey() {
        Tenant tenant = Tenant.create(database, "Free");
        ApiKey unknown = ApiKey.generate(new SecureRandom());
        String cut = tenant.key().substring(0, tenant.key().length() - 1);
        List<String> errors = new ArrayList<>();
        String topic = KAFKA.newTopic(1);
        List<byte[]> events;
        try (ExecutionLogReader log = new ExecutionLogReader(KAFKA.bootstrapServers(), topic)) {
            try (ExecutorFixture executor = ExecutorFixture.start(
                    database.url("wasmwiz_executor"),
                    KAFKA.bootstrapServers(),
                    topic,
                    "--auth-failures-per-minute=3")) {
                await().until(executor::isReady);
                String execution = executor.execution(tenant.key())
                        .execute(Programs.inline(Programs.HELLO))
                        .getReceipt()
                        .getExecutionId();
                log.awaitExecution(execution);
                for (String key : List.of(cut, unknown.text())) {
                    errors.add(refusal(executor, key));
                }
                change("UPDATE users SET status = 'suspended'");
                await().until(() -> errors.add(refusal(executor, tenant.key()))
                        && errors.get(errors.size() - 1).contains("ACCOUNT_SUSPENDED"));
                change("UPDATE users SET status = 'active'");
                change("UPDATE api_keys SET revoked_at = now()");
                await().until(() -> errors.add(refusal(executor, tenant.key()))
                        && errors.get(errors.size() - 1).contains("KEY_REVOKED"));
                errors.add(refusal(executor, unknown.text()));
                assertThat(errors.get(errors.size() - 1)).contains("AUTHENTICATION_FAILURES_SPENT");
                // What the statements then fail with goes to the log.
                change("REVOKE EXECUTE ON FUNCTION find_api_key(bytea) FROM wasmwiz_executor");
                change("DELETE FROM api_keys");
                await().until(() -> errors.add(refusal(executor, tenant.key()))
                        && errors.get(errors.size() - 1).contains("AUTHENTICATION_UNAVAILABLE"));
                errors.add(executor.admin("/metrics").body());
                errors.add(executor.admin("/health/ready").body());
            }
            events = log.bytes();
        }
        List<String> lines = logged.list.stream()
                .map(event -> event.getFormattedMessage()
                        + event.getKeyValuePairs()
                        + event.getMDCPropertyMap()
                        + ThrowableProxyUtil.asString(event.getThrowableProxy()))
                .toList();
        List<String> rows = dump();

        assertThat(lines).anyMatch(line -> line.contains("key store does not answer"));
        assertThat(events).isNotEmpty();
        assertThat(rows).anyMatch(row -> row.contains(tenant.accountId().toString()));
        List<String> spoken = new ArrayList<>(lines);
        spoken.addAll(errors);
        events.forEach(bytes -> spoken.add(new String(bytes, StandardCharsets.ISO_8859_1)));
        for (String key : List.of(tenant.key(), unknown.text())) {
            ApiKey parsed = ApiKey.parse(key).orElseThrow();
            List<String> hashes = List.of(
                    HexFormat.of().formatHex(parsed.hash().sha256()),
                    new String(parsed.hash().sha256(), StandardCharsets.ISO_8859_1));
            List<String> forms = List.of(
                    key.substring(3, 33),
                    HexFormat.of().formatHex(key.getBytes(StandardCharsets.US_ASCII)),
                    Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.US_ASCII)));
            assertThat(spoken).allSatisfy(text -> assertThat(text).doesNotContain(forms));
            assertThat(spoken).allSatisfy(text -> assertThat(text).doesNotContain(hashes));
            assertThat(rows).allSatisfy(row -> assertThat(row).doesNotContain(forms));
        }
    }

    private static String refusal(ExecutorFixture executor, String key) {
        try {
            executor.modules(key).listModules(ListModulesRequest.getDefaultInstance());
            return "";
        } catch (StatusRuntimeException e) {
            return Errors.reason(e) + " " + e + " " + e.getTrailers();
        }
    }

    private void change(String statement) {
        database.jdbi().useHandle(handle -> handle.execute(statement));
    }

    /** Every row of every table as text; bytes are in hex. */
    private List<String> dump() {
        return database.jdbi().withHandle(handle -> {
            List<String> rows = new ArrayList<>();
            for (String table : handle.createQuery(TABLES).mapTo(String.class).list()) {
                handle.createQuery("SELECT t::text FROM " + table + " t")
                        .mapTo(String.class)
                        .forEach(rows::add);
            }
            return rows;
        });
    }
}

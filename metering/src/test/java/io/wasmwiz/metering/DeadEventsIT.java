package io.wasmwiz.metering;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.metering.Stage.Counter;
import io.wasmwiz.metering.deadevents.DeadEventsCommand;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import picocli.CommandLine;

final class DeadEventsIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final TestDatabase database = POSTGRES.createDatabase();
    private final String topic = KAFKA.newTopic(1);
    private final Stage stage =
            new Stage(database.jdbi(), database.url("wasmwiz_metering"), KAFKA.bootstrapServers(), topic);
    private final UUID account = stage.account();
    private final UUID lease = stage.lease(account, 10);
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** Offset 0 is no record, 1 has no value, 2 is refused by the database for its own reasons. */
    @BeforeEach
    void meterDeadEvents() throws Exception {
        stage.jdbi()
                .useHandle(handle -> handle.execute(
                        "ALTER TABLE usage_logs ADD CONSTRAINT no_unlucky_items CHECK (item_id <> 'unlucky')"));
        byte[] key = EventFixture.key(account);
        stage.sendNow(0, key, "not a record".getBytes(StandardCharsets.UTF_8));
        stage.sendNow(0, key, null);
        stage.sendNow(
                0,
                key,
                EventFixture.value(
                        EventFixture.execution(account, lease, Stage.now()).setItemId("unlucky")));
        stage.worker();
        stage.awaitMetered();
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void listsThem() {
        assertThat(run("list")).isZero();
        assertThat(out.toString().lines().skip(1))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("0:0 ").contains("MALFORMED"),
                        line -> assertThat(line).startsWith("0:1 ").contains("NO_VALUE"),
                        line -> assertThat(line).startsWith("0:2 ").contains("REFUSED_BY_DATABASE", "violates check"));
    }

    @Test
    void listsSomeAsJson() {
        assertThat(run("list", "--json", "--reason=NO_VALUE")).isZero();
        assertThat(out.toString().lines())
                .singleElement()
                .asString()
                .contains("\"partition\":0,\"offset\":1,\"reason\":\"NO_VALUE\"");
        assertThat(run("list", "--json", "--limit=2")).isZero();
        assertThat(out.toString().lines()).hasSize(3);
    }

    @Test
    void showsWhatARecordSays() {
        assertThat(run("show", "0:2")).as(err.toString()).isZero();
        assertThat(err.toString()).isEmpty();
        assertThat(out.toString())
                .contains(
                        "\"key\": \"" + account + "\"",
                        "\"user_id\": \"" + account + "\"",
                        "\"lease_id\": \"" + lease + "\"",
                        "\"status\": \"EXECUTION_STATUS_COMPLETED\"",
                        "\"item_id\": \"unlucky\"",
                        "\"charged\": true");
    }

    @Test
    void showsTheBytesOfWhatIsNoRecord() {
        assertThat(run("show", "0:0", "--json")).isZero();
        assertThat(out.toString()).contains("\"record\":null", "\"value_hex\":\"6e6f742061207265636f7264\"");
    }

    @Test
    void publishesAnewOnceItsCauseIsMended() {
        stage.jdbi().useHandle(handle -> handle.execute("ALTER TABLE usage_logs DROP CONSTRAINT no_unlucky_items"));

        assertThat(replay("0:2")).isZero();
        assertThat(replay("0:2")).isZero();
        stage.awaitPosition(4);

        assertThat(out.toString().lines()).containsExactly("0:2 replayed", "0:2 replayed before");
        assertThat(stage.counter(account)).isEqualTo(new Counter(10, 1, 1));
        assertThat(stage.texts("SELECT item_id FROM usage_logs")).containsExactly("unlucky");
        assertThat(stage.number("SELECT count(*) FROM dead_events WHERE replayed_at IS NOT NULL"))
                .isEqualTo(1);
    }

    @Test
    void countsOnceWhenItDiedBeforeNotingAReplay() {
        stage.jdbi().useHandle(handle -> handle.execute("ALTER TABLE usage_logs DROP CONSTRAINT no_unlucky_items"));
        replay("0:2");
        stage.jdbi().useHandle(handle -> handle.execute("UPDATE dead_events SET replayed_at = NULL"));
        assertThat(replay("0:2")).isZero();
        stage.awaitPosition(5);

        assertThat(stage.counter(account)).isEqualTo(new Counter(10, 1, 1));
    }

    @Test
    void replaysAllThatHaveSomethingToPublish() {
        assertThat(replay("--all", "--json")).isZero();
        stage.awaitPosition(5);

        assertThat(out.toString().lines())
                .satisfiesExactly(
                        line -> assertThat(line).contains("\"offset\":0", "\"result\":\"replayed\""),
                        line -> assertThat(line).contains("\"offset\":1", "\"result\":\"nothing_to_publish\""),
                        line -> assertThat(line).contains("\"offset\":2", "\"result\":\"replayed\""));
        // What is still bad is dead again, where it was published.
        assertThat(stage.texts("SELECT log_offset || ' ' || reason FROM dead_events WHERE replayed_at IS NULL"
                        + " ORDER BY log_offset"))
                .containsExactly("1 NO_VALUE", "3 MALFORMED", "4 REFUSED_BY_DATABASE");
    }

    @Test
    void saysWhatIsNotThere() {
        assertThat(run("show", "0:99")).isEqualTo(1);
        assertThat(replay("0:1")).isEqualTo(1);
        assertThat(replay("nonsense")).isEqualTo(2);
        assertThat(replay()).isEqualTo(2);
        assertThat(err.toString())
                .contains("no dead event at 0:99", "'nonsense' is no dead event", "either events or --all");
    }

    private int replay(String... arguments) {
        return run(Stream.concat(
                        Stream.of("replay", "--kafka-bootstrap-servers=" + KAFKA.bootstrapServers()),
                        Stream.of(arguments))
                .toArray(String[]::new));
    }

    private int run(String... arguments) {
        return new CommandLine(new DeadEventsCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(Stream.concat(
                                Stream.of(arguments),
                                Stream.of(
                                        "--database-url=" + database.url("wasmwiz_metering"), "--kafka-topic=" + topic))
                        .toArray(String[]::new));
    }
}

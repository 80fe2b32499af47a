package io.wasmwiz.metering;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.events.v1.ExecutionStatus;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Runs of one request id, which share an execution id, in the ledger. */
final class RepeatedRequestIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final TestDatabase database = POSTGRES.createDatabase();
    private final String topic = KAFKA.newTopic(1);
    private final Stage stage =
            new Stage(database.jdbi(), database.url("wasmwiz_metering"), KAFKA.bootstrapServers(), topic);
    private final UUID account = stage.account();
    private final UUID firstLease = stage.lease(account, 5);
    private final UUID secondLease = stage.lease(account, 5);
    private final ExecutionEvent request = EventFixture.execution(account, firstLease, Stage.now())
            .setRequestId(EventFixture.bytes(UUID.randomUUID()))
            .build();

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void chargesARequestOnceWhoseFirstRunCrashedAndOthersFollowed() {
        try (MeteringWorker worker = stage.worker()) {
            Stage.awaitReady(worker);
            meter(crashed(firstLease));
            meter(charged(firstLease));
            meter(charged(secondLease));
            stage.close(account, secondLease);
            meter(charged(secondLease));
            meter(crashed(firstLease));
        }

        assertThat(rows("charged")).containsExactly(EventFixture.uuid(request.getExecutionId()));
        assertThat(rows("NOT charged")).hasSize(1).doesNotContain(EventFixture.uuid(request.getExecutionId()));
        assertThat(stage.counter(account)).isEqualTo(new Stage.Counter(5, 1, 2));
    }

    @Test
    void changesNothingWhenTheLogIsReadAgainInOtherBatches() {
        try (MeteringWorker worker = stage.worker()) {
            Stage.awaitReady(worker);
            meter(crashed(firstLease));
            meter(charged(firstLease));
            meter(crashed(firstLease));
            meter(charged(secondLease));
        }
        List<String> before = stage.everything();

        for (String records : List.of("1", "3", "100")) {
            stage.jdbi()
                    .useHandle(
                            handle -> handle.execute("UPDATE log_positions SET next_offset = 0, leader_epoch = NULL"));
            try (MeteringWorker worker = stage.worker("--max-batch-records=" + records)) {
                Stage.awaitReady(worker);
                stage.awaitMetered();
            }
            assertThat(stage.everything()).as(records).isEqualTo(before);
        }
    }

    private void meter(ExecutionEvent.Builder event) {
        stage.send(account, EventFixture.value(event));
        stage.awaitMetered();
    }

    private ExecutionEvent.Builder charged(UUID lease) {
        return request.toBuilder().setLeaseId(EventFixture.bytes(lease));
    }

    private ExecutionEvent.Builder crashed(UUID lease) {
        return charged(lease)
                .setStatus(ExecutionStatus.EXECUTION_STATUS_SANDBOX_CRASHED)
                .clearExitCode()
                .setCharged(false);
    }

    private List<UUID> rows(String condition) {
        return stage.jdbi()
                .withHandle(handle -> handle.createQuery("SELECT execution_id FROM usage_logs WHERE " + condition)
                        .mapTo(UUID.class)
                        .list());
    }
}

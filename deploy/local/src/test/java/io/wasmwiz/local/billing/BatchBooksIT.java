package io.wasmwiz.local.billing;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.wasmwiz.local.Program;
import io.wasmwiz.local.WasmWizScript;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What batches are charged, by the client that people use, a real executor and a real worker. */
final class BatchBooksIT {
    private static final int CUT_ITEMS = 2_000;
    private static final int GRANTABLE = 700;
    /** A load runs its module once before it loads. */
    private static final int FIRST_CALL = 1;

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final BillingStack stack = new BillingStack(
            POSTGRES.createDatabase(),
            KAFKA.bootstrapServers(),
            KAFKA.newTopic(3),
            1_000_000,
            FIRST_CALL + CUT_ITEMS + FIRST_CALL + GRANTABLE);

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        stack.close();
    }

    @Test
    void chargesEachItemOnceHoweverOftenItsStreamIsCutAndThenExactlyWhatTheDayHasLeft() throws Exception {
        stack.worker();
        Caller executor = stack.executor("one", "--sandbox-mode=in-process", "--sandbox-workers=1");

        JsonObject cut =
                load(executor, "--count " + CUT_ITEMS + " --cuts 20 --seed 9").getAsJsonObject("verification");
        assertThat(cut.get("passed").getAsBoolean()).as(cut.toString()).isTrue();
        assertThat(cut.get("cuts").getAsInt()).isEqualTo(20);
        stack.awaitNumber("SELECT count(*) FROM quota_leases WHERE state <> 'closed'", 0);
        assertThat(stack.number(
                        "SELECT count(*) FROM (SELECT item_id FROM usage_logs WHERE charged AND item_id IS NOT NULL"
                                + " GROUP BY item_id HAVING count(*) = 1) AS once"))
                .isEqualTo(CUT_ITEMS);
        assertThat(stack.charged()).isEqualTo(FIRST_CALL + CUT_ITEMS);

        JsonObject limited = load(executor, "--count 1000");
        assertThat(limited.get("replies").getAsInt()).isEqualTo(GRANTABLE);
        assertThat(limited.getAsJsonObject("failures_by_reason")
                        .get("DAILY_QUOTA_SPENT")
                        .getAsInt())
                .isEqualTo(1_000 - GRANTABLE);
        assertThat(limited.getAsJsonObject("verification").get("ledger_charged").getAsInt())
                .isEqualTo(GRANTABLE);
        stack.awaitNumber("SELECT count(*) FROM quota_leases WHERE state <> 'closed'", 0);
        assertThat(stack.charged()).isEqualTo(FIRST_CALL + CUT_ITEMS + FIRST_CALL + GRANTABLE);
        stack.assertReconciled(directory);
    }

    private JsonObject load(Caller executor, String flags) throws Exception {
        Program.Finished finished = WasmWizScript.shell(
                Map.of("WASMWIZ_SERVER", executor.address(), "WASMWIZ_KEY", stack.apiKey),
                "deploy/wasmwiz load deploy/samples/upper.wasm --mode batch --concurrency 100 --no-warm-up --verify --json"
                        + " --quiet " + flags);
        assertThat(finished.exitCode())
                .as(finished.stdout() + finished.stderr())
                .isZero();
        return JsonParser.parseString(finished.stdout()).getAsJsonObject();
    }
}

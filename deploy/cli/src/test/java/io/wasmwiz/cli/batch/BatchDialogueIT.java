package io.wasmwiz.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.wasmwiz.cli.fake.FakeModule;
import io.wasmwiz.cli.fake.FakeServer;
import io.wasmwiz.v1.BatchItem;
import io.wasmwiz.v1.BatchOpening;
import io.wasmwiz.v1.BatchResult;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleRef;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Batches against a fake server over loopback. */
class BatchDialogueIT {
    /** Of three messages that are full: none is left to be sent at the end. */
    private static final int ITEMS = 3 * Outbox.ITEMS;

    private final Count results = new Count();
    private FakeServer server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        server = FakeServer.start();
        channel = NettyChannelBuilder.forTarget(server.address()).usePlaintext().build();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        server.close();
    }

    private BatchDialogue dialogue() {
        Metadata key = new Metadata();
        key.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + FakeServer.FREE_KEY);
        ModuleRef module = ModuleRef.newBuilder()
                .setInline(ByteString.copyFrom(FakeModule.of("upper")))
                .build();
        return new BatchDialogue(
                ExecutionServiceGrpc.newStub(channel).withInterceptors(MetadataUtils.newAttachHeadersInterceptor(key)),
                BatchOpening.newBuilder()
                        .setBatchId("b")
                        .setShared(ExecuteRequest.newBuilder().setModule(module))
                        .build(),
                1_000,
                8,
                results);
    }

    @Test
    void sendsWhatIsLeftInTheNextStreamAfterACutBetweenTwoMessages() throws Exception {
        BatchDialogue dialogue = dialogue();

        dialogue.run(
                new Items(made -> {
                    if (made == 100) {
                        dialogue.cut();
                    }
                }),
                id -> false);

        assertThat(results.written()).isEqualTo(ITEMS);
        assertThat(dialogue.cuts()).isEqualTo(1);
        assertThat(server.executions().charged()).isEqualTo(ITEMS);
    }

    @Test
    void endsAStreamThatWasCutAfterItsLastItem() throws Exception {
        BatchDialogue dialogue = dialogue();

        dialogue.run(
                new Items(made -> {
                    if (made == ITEMS && dialogue.cuts() == 0) {
                        // A cancelled stream's opening may never leave the client.
                        await().until(() -> server.executions().batches().equals(List.of("b")));
                        dialogue.cut();
                        assertThat(dialogue.cut()).isFalse();
                    }
                }),
                id -> false);

        assertThat(results.written()).isEqualTo(ITEMS);
        assertThat(dialogue.cuts()).isEqualTo(1);
        assertThat(server.executions().batches()).containsExactly("b", "b");
    }

    /** Numbered items; tells how many were made before it gives the next or the end. */
    private static final class Items implements ItemSource {
        private final IntConsumer made;
        private int count;

        Items(IntConsumer made) {
            this.made = made;
        }

        @Override
        public @Nullable BatchItem next() {
            made.accept(count);
            return count == ITEMS
                    ? null
                    : BatchItem.newBuilder().setItemId("i" + ++count).build();
        }

        @Override
        public double fraction() {
            return -1;
        }

        @Override
        public void close() {}
    }

    private static final class Count implements ItemResults {
        private final AtomicLong written = new AtomicLong();

        @Override
        public void write(BatchResult result) {
            written.incrementAndGet();
        }

        @Override
        public long written() {
            return written.get();
        }
    }
}

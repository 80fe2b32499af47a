package io.wasmwiz.executor.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ServerCall;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeldListenerTest {
    private final HeldListener<String> held = new HeldListener<>();
    private final List<String> events = new ArrayList<>();

    @Test
    void deliversInOrderWhatCameWhileHeldAndWhatComesAfter() {
        held.onReady();
        held.onHalfClose();

        held.release(() -> {
            held.onMessage("during");
            return recorder();
        });
        held.onComplete();

        assertThat(events).containsExactly("ready", "half-close", "during", "complete");
    }

    @Test
    void doesNotStartACallThatWasCancelledMeanwhile() {
        held.onCancel();

        held.release(() -> {
            throw new AssertionError("started");
        });

        assertThat(events).isEmpty();
    }

    private ServerCall.Listener<String> recorder() {
        return new ServerCall.Listener<>() {
            @Override
            public void onMessage(String message) {
                events.add(message);
            }

            @Override
            public void onHalfClose() {
                events.add("half-close");
            }

            @Override
            public void onComplete() {
                events.add("complete");
            }

            @Override
            public void onReady() {
                events.add("ready");
            }
        };
    }
}

package io.wasmwiz.executor.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.events.ExecutionEvents.Publication;
import org.junit.jupiter.api.Test;

class RecoveryGateTest {
    private final RecoveryGate gate = new RecoveryGate();

    @Test
    void anUnknownOutcomeLeavesRoomForOneAttemptAtATime() {
        gate.completed(Publication.UNRESOLVED);

        assertThat(gate.isOpen(0)).isTrue();
        assertThat(gate.isOpen(1)).isFalse();
    }

    @Test
    void anAcknowledgementOpensIt() {
        gate.completed(Publication.UNRESOLVED);
        gate.completed(Publication.DURABLE);

        assertThat(gate.isOpen(1_000)).isTrue();
    }

    @Test
    void whatTheProducerNeverTookSaysNothing() {
        gate.completed(Publication.REFUSED);
        assertThat(gate.isOpen(1)).isTrue();

        gate.completed(Publication.UNRESOLVED);
        gate.completed(Publication.REFUSED);
        assertThat(gate.isOpen(1)).isFalse();
    }
}

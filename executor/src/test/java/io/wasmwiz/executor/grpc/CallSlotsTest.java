package io.wasmwiz.executor.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.execution.Requests;
import io.wasmwiz.executor.refusal.Refusal;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CallSlotsTest {
    private final CallSlots slots = new CallSlots(5, 1);
    private final Caller caller = Requests.caller();

    @Test
    void givesAnAccountItsTiersConcurrencyAndTheSurplus() {
        IntStream.range(0, 3).forEach(i -> assertThat(slots.take(caller)).isEmpty());

        assertThat(slots.take(caller))
                .hasValueSatisfying(no -> assertThat(no)
                        .isInstanceOfSatisfying(
                                Refusal.AccountCallsSpent.class,
                                spent -> assertThat(spent.limit()).isEqualTo(3)));
        assertThat(slots.take(Requests.caller())).isEmpty();
        assertThat(slots.inProgress()).isEqualTo(4);
    }

    @Test
    void refusesEveryoneWhenAllAreTakenAndKeepsNothingOfTheRefused() {
        IntStream.range(0, 5)
                .forEach(i -> assertThat(slots.take(Requests.caller())).isEmpty());

        assertThat(slots.take(caller)).hasValueSatisfying(no -> assertThat(no).isInstanceOf(Refusal.CallsSpent.class));
        assertThat(slots.inProgress()).isEqualTo(5);
        assertThat(slots.accounts()).isEqualTo(5);
    }

    @Test
    void forgetsAnAccountWithoutCalls() {
        slots.take(caller);
        slots.take(caller);
        slots.giveBack(caller.accountId());
        assertThat(slots.accounts()).isEqualTo(1);

        slots.giveBack(caller.accountId());

        assertThat(slots.accounts()).isZero();
        assertThat(slots.inProgress()).isZero();
    }

    @Test
    void givesNoMoreHoweverManyAskAtOnce() {
        long taken =
                IntStream.range(0, 64)
                        .mapToObj(i -> CompletableFuture.supplyAsync(() -> slots.take(caller)))
                        .toList()
                        .stream()
                        .map(CompletableFuture::join)
                        .filter(Optional::isEmpty)
                        .count();

        assertThat(taken).isEqualTo(3);
        assertThat(slots.inProgress()).isEqualTo(3);
    }
}

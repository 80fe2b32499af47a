package io.wasmwiz.executor.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {
    private final ByteBudget budget = new ByteBudget(100);
    private final UUID account = UUID.randomUUID();

    @Test
    void givesOneAccountAQuarterAndLeavesTheRestToOthers() {
        assertThat(budget.tryTake(account, 20)).isTrue();
        assertThat(budget.tryTake(account, 6)).isFalse();
        assertThat(budget.tryTake(account, 5)).isTrue();
        assertThat(budget.tryTake(UUID.randomUUID(), 25)).isTrue();

        assertThat(budget.heldBytes()).isEqualTo(50);
    }

    @Test
    void isNotExceededByManyAccounts() {
        assertThat(IntStream.range(0, 6).filter(i -> budget.tryTake(UUID.randomUUID(), 24)))
                .hasSize(4);

        assertThat(budget.heldBytes()).isEqualTo(96);
        assertThat(budget.accounts()).isEqualTo(4);
    }

    @Test
    void forgetsAnAccountThatGaveAllBack() {
        budget.tryTake(account, 10);
        budget.tryTake(account, 15);

        budget.giveBack(account, 10);
        assertThat(budget.tryTake(account, 11)).isFalse();
        budget.giveBack(account, 15);
        budget.giveBack(account, 0);

        assertThat(budget.heldBytes()).isZero();
        assertThat(budget.accounts()).isZero();
    }
}

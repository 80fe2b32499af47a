package io.wasmwiz.executor.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AccountSharesTest {
    private static final UUID ADA = new UUID(0, 1);
    private static final UUID BOB = new UUID(0, 2);

    private final List<String> called = new ArrayList<>();
    private final AccountShares shares = new AccountShares(2, 400);

    @Test
    void boundsTheItemsOfAnAccountAndCallsThoseWhoWaitInTurn() {
        Runnable first = waiter("first");
        assertThat(shares.tryTake(ADA, 1, first)).isTrue();
        assertThat(shares.tryTake(ADA, 1, first)).isTrue();
        assertThat(shares.tryTake(ADA, 1, first)).isFalse();
        assertThat(shares.tryTake(ADA, 1, waiter("second"))).isFalse();
        assertThat(shares.tryTake(BOB, 1, waiter("bob"))).isTrue();
        shares.giveBack(ADA, 1, 1);
        assertThat(called).containsExactly("first");
        shares.stopWaiting(ADA, first);

        assertThat(called).containsExactly("first", "second");
        assertThat(shares.items()).isEqualTo(2);
    }

    @Test
    void boundsTheBytesOfAnAccountButForItsOnlyItem() {
        assertThat(shares.tryTake(ADA, 399, waiter("ada"))).isTrue();
        assertThat(shares.tryTake(ADA, 1, waiter("ada"))).isFalse();
        shares.resize(ADA, -390);

        assertThat(called).containsExactly("ada");
        assertThat(shares.bytes()).isEqualTo(9);
        assertThat(shares.tryTake(ADA, 91, waiter("ada"))).isTrue();
    }

    @Test
    void boundsTheBytesOfAllAccounts() {
        assertThat(shares.tryTake(ADA, 390, waiter("ada"))).isTrue();
        assertThat(shares.tryTake(BOB, 10, waiter("bob"))).isTrue();
        assertThat(shares.tryTake(BOB, 10, waiter("bob"))).isFalse();
        shares.giveBack(ADA, 1, 390);

        assertThat(called).containsExactly("bob");
    }

    @Test
    void forgetsAccountsThatHoldNothing() {
        assertThat(shares.tryTake(ADA, 5, waiter("ada"))).isTrue();
        shares.giveBack(ADA, 1, 5);

        assertThat(shares.accounts()).isZero();
        assertThat(shares.bytes()).isZero();
    }

    private Runnable waiter(String name) {
        return new Runnable() {
            @Override
            public void run() {
                called.add(name);
            }
        };
    }
}

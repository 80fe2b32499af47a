package io.wasmwiz.executor.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.execution.Outcome;
import io.wasmwiz.executor.refusal.Refusal;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultQueueTest {
    private final ResultQueue queue = new ResultQueue();

    @Test
    void givesResultsAsTheyCome() {
        queue.add(1, result("b"), false);
        queue.add(0, result("a"), false);

        assertThat(queue.size()).isEqualTo(2);
        assertThat(rest()).containsExactly("b", "a");
    }

    @Test
    void holdsBackWhatComesBeforeItsTurn() {
        queue.add(2, result("c"), true);
        queue.add(1, result("b"), true);
        assertThat(queue.hasNext()).isFalse();
        assertThat(queue.size()).isEqualTo(2);
        queue.add(0, result("a"), true);
        queue.add(4, result("e"), true);

        assertThat(rest()).containsExactly("a", "b", "c");
        assertThat(queue.removeAll()).extracting(ItemResult::itemId).containsExactly("e");
        assertThat(queue.size()).isZero();
    }

    private List<String> rest() {
        List<String> rest = new ArrayList<>();
        while (queue.hasNext()) {
            rest.add(queue.next().itemId());
        }
        return rest;
    }

    private static ItemResult result(String itemId) {
        return new ItemResult(itemId, new Outcome.Refused(new Refusal.Cancelled()));
    }
}

package io.wasmwiz.executor.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.Test;

class LogConnectionTest {
    @Test
    void namesThePartitionsWithFewerInSyncReplicasThanTheMinimum() {
        TopicDescription topic = new TopicDescription(
                "executions", false, List.of(partition(0, 3, 3), partition(1, 3, 1), partition(2, 3, 2)));

        assertThat(LogConnection.lackingReplicas(topic, 2)).containsExactly(1);
        assertThat(LogConnection.lackingReplicas(topic, 1)).isEmpty();
    }

    @Test
    void asManyInSyncAsThereAreReplicasAreEnough() {
        TopicDescription topic = new TopicDescription("executions", false, List.of(partition(0, 1, 1)));

        assertThat(LogConnection.lackingReplicas(topic, 2)).isEmpty();
    }

    private static TopicPartitionInfo partition(int number, int replicas, int inSync) {
        List<Node> nodes = IntStream.range(0, replicas)
                .mapToObj(id -> new Node(id, "127.0.0.1", 9092))
                .toList();
        return new TopicPartitionInfo(number, nodes.get(0), nodes, nodes.subList(0, inSync));
    }
}

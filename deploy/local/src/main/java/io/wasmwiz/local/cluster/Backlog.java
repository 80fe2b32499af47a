package io.wasmwiz.local.cluster;

import io.wasmwiz.events.ExecutionLog;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.jdbi.v3.core.Jdbi;

/** What metering has still to do: records of the log that it has not taken, and leases that are not settled. */
public final class Backlog {
    private static final long LOOK_MILLIS = 250;
    private static final long SHORT_LOOK_MILLIS = 25;

    private final Jdbi owner;
    private final String bootstrapServers;

    /** Of a running cluster. */
    public Backlog(Cluster cluster) {
        this.owner = cluster.database().owner();
        this.bootstrapServers = cluster.bootstrapServers();
    }

    /** Waits until metering has taken every record that is in the log, and throws when that takes longer than {@code limit}. */
    public void awaitTaken(Duration limit) throws InterruptedException, ExecutionException {
        long deadline = System.nanoTime() + limit.toNanos();
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            for (String behind = partitionsBehind(admin); !behind.isEmpty(); behind = partitionsBehind(admin)) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException(behind);
                }
                Thread.sleep(SHORT_LOOK_MILLIS);
            }
        }
    }

    /** Waits until nothing is left; what is left after {@code limit}, for people, or an empty text. */
    public String await(Duration limit) throws InterruptedException, ExecutionException {
        long deadline = System.nanoTime() + limit.toNanos();
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            while (true) {
                // Leases first: their closes are records too.
                String left = openLeases() + partitionsBehind(admin);
                if (left.isEmpty() || System.nanoTime() > deadline) {
                    return left;
                }
                Thread.sleep(LOOK_MILLIS);
            }
        }
    }

    private String openLeases() {
        long open = owner.withHandle(
                handle -> handle.createQuery("SELECT count(*) FROM quota_leases WHERE state <> 'closed'")
                        .mapTo(Long.class)
                        .one());
        return open == 0 ? "" : open + " leases are not closed; ";
    }

    private String partitionsBehind(Admin admin) throws InterruptedException, ExecutionException {
        Map<Integer, Long> taken = owner.withHandle(handle -> handle.createQuery(
                        "SELECT partition, next_offset FROM log_positions WHERE topic = :topic")
                .bind("topic", ExecutionLog.TOPIC)
                .reduceRows(new TreeMap<Integer, Long>(), (map, row) -> {
                    map.put(row.getColumn("partition", Integer.class), row.getColumn("next_offset", Long.class));
                    return map;
                }));
        Map<TopicPartition, OffsetSpec> latest = IntStream.range(0, ExecutionLog.DEFAULT_PARTITIONS)
                .boxed()
                .collect(Collectors.toMap(
                        partition -> new TopicPartition(ExecutionLog.TOPIC, partition), any -> OffsetSpec.latest()));
        StringBuilder behind = new StringBuilder();
        for (Map.Entry<TopicPartition, ListOffsetsResultInfo> end :
                admin.listOffsets(latest).all().get().entrySet()) {
            long position = taken.getOrDefault(end.getKey().partition(), 0L);
            if (position != end.getValue().offset()) {
                behind.append("partition %d is taken to %d of %d; "
                        .formatted(
                                end.getKey().partition(),
                                position,
                                end.getValue().offset()));
            }
        }
        return behind.toString();
    }
}

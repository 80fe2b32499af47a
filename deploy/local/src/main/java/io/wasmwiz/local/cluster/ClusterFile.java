package io.wasmwiz.local.cluster;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import io.wasmwiz.embedded.EmbeddedServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * {@code cluster.json} of a data directory while its cluster runs: what other commands know of it. Holds no secret.
 *
 * @param pid of the process that runs the cluster
 * @param members all processes, in the order of their start
 */
record ClusterFile(long pid, List<Entry> members) {
    private static final String NAME = "cluster.json";
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

    /** One process; addresses are {@code host:port}, that of the admin port empty where there is none. */
    record Entry(String name, Role role, long pid, String address, String adminAddress, String log) {
        static Entry of(Member member) {
            return new Entry(
                    member.name(),
                    member.role(),
                    member.pid(),
                    member.address(),
                    member.adminAddress(),
                    member.log().toString());
        }

        boolean isAlive() {
            return pid > 0 && ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
        }

        Health health() {
            return isAlive() ? Health.of(role, address, adminAddress) : new Health(false, "not running");
        }
    }

    ClusterFile {
        members = List.copyOf(members);
    }

    static ClusterFile of(Cluster cluster) {
        return new ClusterFile(
                ProcessHandle.current().pid(),
                cluster.members().stream().map(Entry::of).toList());
    }

    /** Writes it whole or not at all. */
    void write(Path dataDirectory) throws IOException {
        Path fresh = dataDirectory.resolve(NAME + ".fresh");
        Files.writeString(fresh, GSON.toJson(this));
        Files.move(fresh, dataDirectory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Reads that of a running cluster. Throws {@link EmbeddedServerException} when none runs on the directory. */
    static ClusterFile read(Path dataDirectory) {
        Path file = dataDirectory.resolve(NAME);
        try {
            ClusterFile read = GSON.fromJson(Files.readString(file), ClusterFile.class);
            if (read != null
                    && ProcessHandle.of(read.pid).map(ProcessHandle::isAlive).orElse(false)) {
                return read;
            }
        } catch (NoSuchFileException e) {
            // Answered below.
        } catch (IOException | JsonParseException e) {
            throw new EmbeddedServerException("cannot read " + file + ": " + e.getMessage(), e);
        }
        throw new EmbeddedServerException("no cluster runs on " + dataDirectory
                + ": start one with wasmwiz local --brokers 3 --executors 3 --metering 2, or name its --data-dir");
    }

    static void delete(Path dataDirectory) throws IOException {
        Files.deleteIfExists(dataDirectory.resolve(NAME));
    }

    /** The entry called {@code name}; refuses others with the names that there are. */
    Entry require(String name) {
        return members.stream()
                .filter(entry -> entry.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new EmbeddedServerException("the cluster has no process called '" + name
                        + "': it has "
                        + String.join(", ", members.stream().map(Entry::name).toList())));
    }
}

package io.wasmwiz.local.cluster;

import java.nio.file.Path;
import java.util.List;

/** One process of a cluster: it can be started, stopped and killed by itself, as often as need be. Thread-safe. */
public sealed interface Member permits JavaMember, PostgresMember {
    /** Unique in the cluster, for example {@code executor-2}. */
    String name();

    Role role();

    /** {@code host:port} that it serves at. */
    String address();

    /** {@code host:port} of its admin port; empty for those that have none. */
    String adminAddress();

    /** What it writes. */
    Path log();

    /** Its present or last process id; 0 before the first start. */
    long pid();

    boolean isAlive();

    /** The processes below it, such as an executor's sandboxes. */
    List<ProcessHandle> descendants();

    /** Starts it unless it runs; returns before it serves. */
    void start();

    /** Stops it in order; kills it when that takes longer than its limit. */
    void stop();

    /** SIGKILL, to it and to what only it could end. */
    void kill();
}

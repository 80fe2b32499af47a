package io.wasmwiz.local.cluster;

import io.wasmwiz.embedded.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A Java program of the cluster. */
final class JavaMember implements Member {
    private final String name;
    private final Role role;
    private final String address;
    private final String adminAddress;
    private final Path log;
    private final Duration stopLimit;
    private final Supplier<List<String>> command;
    private final Map<String, String> environment;
    private @Nullable ServerProcess process;

    /**
     * @param command made anew for each start
     * @param environment where its secrets are
     */
    JavaMember(
            String name,
            Role role,
            String address,
            String adminAddress,
            Path log,
            Duration stopLimit,
            Supplier<List<String>> command,
            Map<String, String> environment) {
        this.name = name;
        this.role = role;
        this.address = address;
        this.adminAddress = adminAddress;
        this.log = log;
        this.stopLimit = stopLimit;
        this.command = command;
        this.environment = Map.copyOf(environment);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Role role() {
        return role;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public String adminAddress() {
        return adminAddress;
    }

    @Override
    public Path log() {
        return log;
    }

    private synchronized @Nullable ServerProcess process() {
        return process;
    }

    @Override
    public long pid() {
        ServerProcess current = process();
        return current == null ? 0 : current.pid();
    }

    @Override
    public boolean isAlive() {
        ServerProcess current = process();
        return current != null && current.isAlive();
    }

    @Override
    public List<ProcessHandle> descendants() {
        ServerProcess current = process();
        return current == null ? List.of() : current.descendants();
    }

    @Override
    public synchronized void start() {
        if (process == null || !process.isAlive()) {
            process = ServerProcess.start(command.get(), environment, log, stopLimit);
        }
    }

    // Not under the lock: stopping takes a while, and others may ask how things are.
    @Override
    public void stop() {
        ServerProcess current = process();
        if (current != null) {
            current.close();
        }
    }

    @Override
    public void kill() {
        ServerProcess current = process();
        if (current != null) {
            current.kill();
        }
    }

    /** Without the environment. */
    @Override
    public String toString() {
        return "JavaMember[" + name + "]";
    }
}

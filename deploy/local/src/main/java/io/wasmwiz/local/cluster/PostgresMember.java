package io.wasmwiz.local.cluster;

import io.wasmwiz.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.util.List;

/** The cluster's PostgreSQL, which its owner started and closes. */
final class PostgresMember implements Member {
    private final EmbeddedPostgres server;
    private final Path log;

    PostgresMember(EmbeddedPostgres server, Path log) {
        this.server = server;
        this.log = log;
    }

    @Override
    public String name() {
        return Role.POSTGRESQL.text();
    }

    @Override
    public Role role() {
        return Role.POSTGRESQL;
    }

    @Override
    public String address() {
        return "127.0.0.1:" + server.port();
    }

    @Override
    public String adminAddress() {
        return "";
    }

    @Override
    public Path log() {
        return log;
    }

    @Override
    public long pid() {
        return server.pid();
    }

    @Override
    public boolean isAlive() {
        return ProcessHandle.of(server.pid()).map(ProcessHandle::isAlive).orElse(false);
    }

    @Override
    public List<ProcessHandle> descendants() {
        return ProcessHandle.of(server.pid())
                .map(handle -> handle.descendants().toList())
                .orElse(List.of());
    }

    @Override
    public void start() {
        if (!isAlive()) {
            server.restart();
        }
    }

    @Override
    public void stop() {
        server.shutDown();
    }

    @Override
    public void kill() {
        server.kill();
    }
}

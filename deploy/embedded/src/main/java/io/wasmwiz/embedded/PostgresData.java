package io.wasmwiz.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The files of one PostgreSQL instance. The caller holds the directory's lock.
 *
 * @param directory the instance's directory
 */
record PostgresData(Path directory) {
    private static final Duration INITDB_LIMIT = Duration.ofMinutes(2);
    private static final int LOG_LINES_SHOWN = 12;

    /** PostgreSQL's own data directory. */
    Path cluster() {
        return directory.resolve("data");
    }

    /** What the server writes; that of the start before is kept beside it. */
    Path log() {
        return directory.resolve("postgresql.log");
    }

    /** Makes the data if there is none, else sees that this server can use it. No server may run on it. */
    void prepare(EmbeddedPostgresConfig config, PostgresInstallation installation, PostgresLauncher launcher)
            throws IOException {
        if (Files.exists(cluster())) {
            requireVersion(launcher.majorVersion());
            giveTo(launcher, cluster());
            // The note of a server that was killed: it says "ready", and its process number may be another program's.
            Files.deleteIfExists(pidFile());
        } else {
            initialize(config, installation, launcher);
        }
        if (Files.exists(log())) {
            Files.move(log(), log().resolveSibling("postgresql.log.1"), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Root's directories must let the server's user pass; what is below is protected by itself. */
    void letOthersPass() throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory);
        if (UnixUser.isRoot() && permissions.add(PosixFilePermission.OTHERS_EXECUTE)) {
            Files.setPosixFilePermissions(directory, permissions);
        }
    }

    private void requireVersion(int majorVersion) throws IOException {
        String found = Files.readString(cluster().resolve("PG_VERSION")).strip();
        if (!found.equals(String.valueOf(majorVersion))) {
            throw new EmbeddedServerException(
                    "the data in %s is of PostgreSQL %s and this is PostgreSQL %d: dump it with %s and restore it into a new directory, or choose another"
                            .formatted(directory, found, majorVersion, found));
        }
    }

    // Under another name until it is whole: a start that was killed half way leaves nothing that looks like data.
    private void initialize(EmbeddedPostgresConfig config, PostgresInstallation installation, PostgresLauncher launcher)
            throws IOException {
        Path unfinished = directory.resolve("data.unfinished");
        FileTrees.delete(unfinished);
        Files.createDirectory(
                unfinished, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path password = directory.resolve("password.unfinished");
        Files.deleteIfExists(password);
        try {
            Files.createFile(
                    password, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(password, config.password() + "\n");
            giveTo(launcher, unfinished);
            giveTo(launcher, password);
            List<String> command = launcher.command(
                    installation.program("initdb"),
                    "--pgdata=" + unfinished,
                    "--username=postgres",
                    "--auth=scram-sha-256",
                    "--pwfile=" + password,
                    "--encoding=UTF8",
                    "--locale=C.UTF-8");
            if (!config.durable()) {
                command.add("--no-sync");
            }
            ChildProcesses.Result result = ChildProcesses.run(command, INITDB_LIMIT);
            if (!result.ok()) {
                throw new EmbeddedServerException("initdb failed: " + result.output());
            }
        } finally {
            Files.deleteIfExists(password);
        }
        Files.move(unfinished, cluster(), StandardCopyOption.ATOMIC_MOVE);
    }

    private static void giveTo(PostgresLauncher launcher, Path path) throws IOException {
        Optional<UnixUser> owner = launcher.owner();
        if (owner.isPresent() && UnixUser.owner(path) != owner.get().uid()) {
            FileTrees.chown(path, owner.get().uid(), owner.get().gid());
        }
    }

    /** Whether the server has written that it accepts connections on {@code port}. */
    boolean isReady(int port) {
        try {
            List<String> lines = Files.readAllLines(pidFile());
            return lines.size() >= 8
                    && lines.get(3).equals(String.valueOf(port))
                    && lines.get(7).strip().equals("ready");
        } catch (IOException e) {
            return false;
        }
    }

    /** The server's processes that run on this data now, whoever started them. */
    List<ProcessHandle> processes() {
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            Path here = cluster().toRealPath();
            return all.filter(process -> worksIn(process, here)).toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    // All of PostgreSQL's processes have the data directory as their working directory.
    private static boolean worksIn(ProcessHandle process, Path directory) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", String.valueOf(process.pid()), "cwd"))
                    .equals(directory);
        } catch (IOException e) {
            return false;
        }
    }

    private Path pidFile() {
        return cluster().resolve("postmaster.pid");
    }

    /** The last lines of the log, for error messages. */
    String logTail() {
        try {
            List<String> lines = new ArrayList<>(Files.readAllLines(log()));
            return String.join("\n  ", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
        } catch (IOException e) {
            return "no log: " + e.getMessage();
        }
    }
}

package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.process.SandboxProcessMain.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this machine lets us take from a sandbox process before it starts: limits by {@code prlimit}, network by
 * {@code unshare}, user id and privileges by {@code setpriv}. Each is tried once; what does not work here is left out and
 * logged. Immutable.
 */
final class Isolation {
    private static final Logger log = LoggerFactory.getLogger(Isolation.class);

    private static final long PROBE_SECONDS = 10;
    /** Code of one module; a process that runs writes no files. */
    private static final long COMPILED_FILE_BYTES = 512L << 20;
    /** Threads count; several executors on one machine may share user ids. */
    private static final int THREADS = 1_024;

    private final boolean switchesUsers;
    private final int firstUserId;
    private final List<String> limits;
    private final List<String> namespaces;
    private final List<String> privileges;

    private Isolation(
            boolean switchesUsers,
            int firstUserId,
            List<String> limits,
            List<String> namespaces,
            List<String> privileges) {
        this.switchesUsers = switchesUsers;
        this.firstUserId = firstUserId;
        this.limits = limits;
        this.namespaces = namespaces;
        this.privileges = privileges;
    }

    /** Tries what works here. */
    static Isolation probe(int firstUserId) {
        boolean root = isRoot();
        List<String> limits = tool("prlimit").map(List::of).orElse(List.of());
        List<String> namespaces = tool("unshare")
                .map(unshare -> root
                        ? List.of(unshare, "--net", "--ipc")
                        // Alone in a user namespace it also cannot look into its executor's memory or environment.
                        : List.of(unshare, "--user", "--net", "--ipc"))
                .filter(Isolation::works)
                .orElse(List.of());
        List<String> privileges = tool("setpriv")
                .map(setpriv -> List.of(setpriv, "--no-new-privs", "--pdeathsig=KILL"))
                .filter(Isolation::works)
                .orElse(List.of());
        List<String> other = concat(privileges, otherUser(firstUserId, firstUserId));
        boolean switches = root && !privileges.isEmpty() && works(other);
        Isolation isolation = new Isolation(switches, firstUserId, limits, namespaces, privileges);
        isolation.report();
        return isolation;
    }

    private void report() {
        log.atInfo()
                .addKeyValue("own_user_ids", switchesUsers)
                .addKeyValue("no_network", !namespaces.isEmpty())
                .addKeyValue("no_new_privileges", !privileges.isEmpty())
                .addKeyValue("resource_limits", !limits.isEmpty())
                .log("isolation of sandbox processes");
        if (limits.isEmpty() || namespaces.isEmpty() || privileges.isEmpty()) {
            log.atWarn().log("sandbox processes are less isolated than they could be: see the executor's README");
        }
    }

    /** Whether processes run under user ids of their own. */
    boolean switchesUsers() {
        return switchesUsers;
    }

    /** The group of all sandbox processes, when they have user ids of their own. */
    int groupId() {
        return firstUserId;
    }

    /** No two processes share one, so that none can trace or signal another. */
    int userId(Role role, int slot) {
        return firstUserId + 1 + slot + (role == Role.COMPILE ? 256 : 0);
    }

    /** What stands before a process's command. */
    List<String> prefix(Role role, int slot, long memoryBytes) {
        List<String> prefix = new ArrayList<>(namespaces);
        if (!limits.isEmpty()) {
            prefix.addAll(limits);
            prefix.addAll(List.of(
                    "--core=0",
                    "--nofile=256",
                    "--data=" + memoryBytes,
                    "--fsize=" + (role == Role.COMPILE ? COMPILED_FILE_BYTES : 0)));
            if (switchesUsers) {
                prefix.add("--nproc=" + THREADS);
            }
        }
        prefix.addAll(privileges);
        if (switchesUsers) {
            prefix.addAll(otherUser(userId(role, slot), firstUserId));
        }
        return prefix;
    }

    private static List<String> otherUser(int userId, int groupId) {
        return List.of(
                "--reuid=" + userId, "--regid=" + groupId, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all");
    }

    private static boolean isRoot() {
        try {
            return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** The absolute path of a program, because a process gets no search path. */
    static Optional<String> tool(String name) {
        String path = System.getenv("PATH");
        return Stream.concat(
                        Arrays.stream((path == null ? "" : path).split(":")),
                        Stream.of("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"))
                .filter(directory -> directory.startsWith("/"))
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }

    private static boolean works(List<String> prefix) {
        try {
            Process probe = new ProcessBuilder(concat(prefix, List.of("/bin/true")))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!probe.waitFor(PROBE_SECONDS, TimeUnit.SECONDS)) {
                probe.destroyForcibly();
                return false;
            }
            return probe.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static List<String> concat(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }
}

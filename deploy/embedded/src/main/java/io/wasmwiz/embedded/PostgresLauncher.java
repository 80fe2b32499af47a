package io.wasmwiz.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How this machine lets us start PostgreSQL, which refuses to run as root and must not outlive us: a command prefix made
 * of util-linux programs that was tried out.
 *
 * @param prefix drops root where need be, and has the system interrupt the program when this JVM dies
 * @param owner who must own the data directory; empty: whoever we are
 * @param majorVersion of the programs
 */
record PostgresLauncher(List<String> prefix, Optional<UnixUser> owner, int majorVersion) {
    private static final String PARENT_DEATH = "--pdeathsig=INT";

    // A session of its own: Ctrl-C in a terminal goes to the whole process group, and PostgreSQL must outlast its
    // clients.
    private static final String OWN_SESSION = "setsid";

    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)");

    // Reaching the directory is tried too: it may lie below a home that nobody else can enter.
    private static final String PROBE = "cd \"$1\" && exec \"$2\" --version";

    /** Finds a way to run {@code installation} on data in {@code directory}. */
    static PostgresLauncher choose(PostgresInstallation installation, Path directory) {
        List<String> refusals = new ArrayList<>();
        for (PostgresLauncher candidate : candidates()) {
            ChildProcesses.Result result = ChildProcesses.run(
                    candidate.command("sh", "-c", PROBE, "sh", directory.toString(), installation.program("postgres")),
                    Duration.ofSeconds(10));
            Matcher version = VERSION.matcher(result.output());
            if (result.ok() && version.find()) {
                return new PostgresLauncher(candidate.prefix, candidate.owner, Integer.parseInt(version.group(1)));
            }
            refusals.add(String.join(" ", candidate.prefix) + ": " + result.output());
        }
        throw new EmbeddedServerException("cannot start PostgreSQL from " + installation.home() + " on data in "
                + directory + " (setpriv of util-linux is needed; as root both must be reachable for another user):\n  "
                + String.join("\n  ", refusals));
    }

    /** The command that runs {@code program}. */
    List<String> command(String... program) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(program));
        return command;
    }

    private static List<PostgresLauncher> candidates() {
        if (!UnixUser.isRoot()) {
            return List.of(new PostgresLauncher(List.of(OWN_SESSION, "setpriv", PARENT_DEATH), Optional.empty(), 0));
        }
        UnixUser user = UnixUser.forPostgres();
        return List.of(
                new PostgresLauncher(
                        List.of(
                                OWN_SESSION,
                                "setpriv",
                                "--reuid=" + user.uid(),
                                "--regid=" + user.gid(),
                                "--clear-groups",
                                PARENT_DEATH),
                        Optional.of(user),
                        0),
                // In a user namespace of its own the process is root's to the file system and nobody to itself.
                new PostgresLauncher(
                        List.of(OWN_SESSION, "unshare", "-U", "setpriv", PARENT_DEATH), Optional.of(UnixUser.ROOT), 0));
    }
}

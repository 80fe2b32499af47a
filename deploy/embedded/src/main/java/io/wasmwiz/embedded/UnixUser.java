package io.wasmwiz.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A user and group by number.
 *
 * @param uid user
 * @param gid group
 */
record UnixUser(int uid, int gid) {
    /** The unprivileged user of last resort: "nobody", by its customary number. */
    private static final UnixUser NOBODY = new UnixUser(65534, 65534);

    static final UnixUser ROOT = new UnixUser(0, 0);

    /** Whether this process acts as root. */
    static boolean isRoot() {
        return owner(Path.of("/proc/self")) == 0;
    }

    /** The number of the user who owns {@code file}. */
    static int owner(Path file) {
        try {
            return (Integer) Files.getAttribute(file, "unix:uid");
        } catch (IOException e) {
            throw new EmbeddedServerException("cannot see who owns " + file + ": " + e, e);
        }
    }

    /** User {@code postgres} where there is one, else nobody. */
    static UnixUser forPostgres() {
        ChildProcesses.Result uid = id("-u");
        ChildProcesses.Result gid = id("-g");
        return uid.ok() && gid.ok()
                ? new UnixUser(Integer.parseInt(uid.output()), Integer.parseInt(gid.output()))
                : NOBODY;
    }

    private static ChildProcesses.Result id(String option) {
        return ChildProcesses.run(java.util.List.of("id", option, "postgres"), Duration.ofSeconds(5));
    }
}

package io.wasmwiz.local.cluster;

import io.wasmwiz.executor.ExecutorMain;
import io.wasmwiz.metering.MeteringMain;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The commands of the cluster's Java programs: this JVM's Java and class path, and their own flags. */
final class JavaCommands {
    private static final String ARCHIVE = "-XX:SharedArchiveFile=";

    private JavaCommands() {}

    static List<String> executor(int heapMib, JvmUse use, List<String> flags) {
        return command(heapMib, use, ExecutorMain.class, flags);
    }

    static List<String> metering(int heapMib, JvmUse use, List<String> flags) {
        return command(heapMib, use, MeteringMain.class, flags);
    }

    private static List<String> command(int heapMib, JvmUse use, Class<?> main, List<String> flags) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options(heapMib, use));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(flags);
        return command;
    }

    /** JVM options of every program: bounded memory, one collector thread, and what newer JDKs ask for. */
    static List<String> options(int heapMib, JvmUse use) {
        List<String> options = new ArrayList<>(List.of(
                "-Xmx" + heapMib + "m",
                "-Xss2m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-Dfile.encoding=UTF-8",
                "-Djava.library.path=" + System.getProperty("java.library.path", "")));
        options.addAll(use.flags(heapMib));
        // deploy/wasmwiz archives what the stack in one JVM loads, which is what these load: they start in half the
        // time.
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith(ARCHIVE))
                .forEach(archive ->
                        options.addAll(List.of(archive, "-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off")));
        if (Runtime.version().feature() >= 22) {
            options.add("--enable-native-access=ALL-UNNAMED");
        }
        if (Runtime.version().feature() >= 24) {
            options.add("--sun-misc-unsafe-memory-access=allow");
        }
        return options;
    }
}

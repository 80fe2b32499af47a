package io.wasmwiz.local.bench;

import io.wasmwiz.local.cluster.Member;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Looks at an executor's memory once a second, as long as it is open. Its opener closes it. */
final class MemoryWatch implements AutoCloseable {
    private static final long LOOK_MILLIS = 1_000;
    private static final long MIB = 1 << 20;
    private static final int LOOKS_KEPT = 100_000;

    private final Member executor;
    private final List<Look> looks = new ArrayList<>();
    private final Thread thread = new Thread(this::run, "memory-watch");

    /**
     * One look.
     *
     * @param heapMib used, garbage included
     * @param residentMib of the whole process
     */
    record Look(long heapMib, long residentMib) {}

    private MemoryWatch(Member executor) {
        this.executor = executor;
        thread.setDaemon(true);
    }

    static MemoryWatch open(Member executor) {
        MemoryWatch watch = new MemoryWatch(executor);
        watch.thread.start();
        return watch;
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(LOOK_MILLIS);
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            Look look = new Look(heapBytes() / MIB, residentKib() / 1_024);
            synchronized (this) {
                if (looks.size() < LOOKS_KEPT) {
                    looks.add(look);
                }
            }
        } catch (IOException e) {
            // Busy or gone; whoever uses it will tell.
            return;
        }
    }

    private long heapBytes() throws IOException {
        try (InputStream in = URI.create("http://" + executor.adminAddress() + "/metrics")
                .toURL()
                .openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith("jvm_memory_used_bytes{") && line.contains("area=\"heap\""))
                    .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        }
    }

    private long residentKib() throws IOException {
        return Files.readAllLines(Path.of("/proc", String.valueOf(executor.pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }

    /** What was seen so far. */
    synchronized List<Look> looks() {
        return List.copyOf(looks);
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}

package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.process.RunCodec.ModuleKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiled code on disk. A compiler writes into a directory of its own; what it made of a module is copied from there to
 * where running processes read it, which neither can write to when they have user ids of their own. An index says which
 * file belongs to which account's module, so it is known before a run whether its code is there, and after a restart, too.
 * What was not used for longest goes first. Thread-safe.
 */
final class CodeCache implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CodeCache.class);

    private static final String CODE = "modules";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,200}");
    private static final Pattern ENTRY = Pattern.compile("([0-9a-f-]{36})_([0-9a-f]{64})");

    private record Entry(Path file, long bytes) {}

    private final Map<ModuleKey, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
    private final CacheDirectory directory;
    private final long maximumBytes;
    private final int maximumFiles;
    private final Path index;
    private long bytes;

    private CodeCache(CacheDirectory directory, long maximumBytes, int maximumFiles) throws IOException {
        this.directory = directory;
        this.maximumBytes = maximumBytes;
        this.maximumFiles = maximumFiles;
        this.index = Files.createDirectories(directory.path().resolve("index"));
        Files.setPosixFilePermissions(index, PosixFilePermissions.fromString("rwx------"));
        directory.shareDirectory(Files.createDirectories(directory.path().resolve(CODE)));
        directory.writeSettings("run", directory.path());
        load();
    }

    /** Opens what an earlier executor left in {@code directory}, which goes with it when it is closed. */
    static CodeCache open(CacheDirectory directory, long maximumBytes, int maximumFiles) {
        try {
            return new CodeCache(directory, maximumBytes, maximumFiles);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot use " + directory.path() + " for compiled code", e);
        }
    }

    /** The engine's settings for processes that run. */
    Path runSettings() {
        return directory.path().resolve("run.toml");
    }

    /** An empty directory for the compiler in {@code slot} and the engine's settings for it. */
    Path compilerSettings(int slot, int userId) throws IOException {
        Path own = compilerDirectory(slot);
        CacheDirectory.delete(own);
        directory.give(Files.createDirectory(own), userId);
        return directory.writeSettings("compile-" + slot, own);
    }

    private Path compilerDirectory(int slot) {
        return directory.path().resolve("compile-" + slot);
    }

    /** Whether the module's code is here; counts as use. */
    synchronized boolean holds(ModuleKey key) {
        return entries.get(key) != null;
    }

    /**
     * Takes over what the compiler in {@code slot} made of the module.
     *
     * @return false when there is nothing: the compiler could not write it
     */
    boolean keep(ModuleKey key, int slot) {
        Optional<Path> made = madeBy(slot).stream().filter(CodeCache::isCode).findFirst();
        if (made.isEmpty()) {
            return false;
        }
        try {
            Path relative = compilerDirectory(slot).relativize(made.get());
            Path kept = directory.path().resolve(relative.toString());
            directory.shareDirectory(Files.createDirectories(kept.getParent()));
            Path copy = Files.createTempFile(directory.path(), "code-", ".new");
            try (var in = Files.newInputStream(made.get(), LinkOption.NOFOLLOW_LINKS)) {
                Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
            }
            directory.shareFile(copy);
            Files.move(copy, kept, StandardCopyOption.ATOMIC_MOVE);
            Files.writeString(index.resolve(key.accountId() + "_" + key.digest()), relative.toString());
            put(key, new Entry(kept, Files.size(kept)));
            return true;
        } catch (IOException | UncheckedIOException e) {
            log.atWarn().setCause(e).log("compiled code could not be kept");
            return false;
        } finally {
            madeBy(slot).forEach(CodeCache::deleteQuietly);
        }
    }

    /** The files of a compiler, whose engine may be adding notes of its own to them. */
    private List<Path> madeBy(int slot) {
        Path code = compilerDirectory(slot).resolve(CODE);
        try (Stream<Path> files = Files.find(code, 2, (file, attributes) -> attributes.isRegularFile())) {
            return files.filter(file -> code.relativize(file).getNameCount() == 2)
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }

    private static boolean isCode(Path file) {
        return NAME.matcher(String.valueOf(file.getFileName())).matches();
    }

    private synchronized void put(ModuleKey key, Entry entry) {
        forget(entries.remove(key));
        entries.put(key, entry);
        bytes += entry.bytes();
        List<ModuleKey> eldest = new ArrayList<>();
        long left = bytes;
        for (var next : entries.entrySet()) {
            if (left <= maximumBytes && entries.size() - eldest.size() <= maximumFiles) {
                break;
            }
            left -= next.getValue().bytes();
            eldest.add(next.getKey());
        }
        eldest.forEach(this::remove);
    }

    /** Deletes the module's code. */
    synchronized void remove(ModuleKey key) {
        Entry removed = entries.remove(key);
        if (removed != null) {
            forget(removed);
            deleteQuietly(removed.file());
            deleteQuietly(index.resolve(key.accountId() + "_" + key.digest()));
        }
    }

    private void forget(@org.jspecify.annotations.Nullable Entry entry) {
        if (entry != null) {
            bytes -= entry.bytes();
        }
    }

    /** Bytes of compiled code here. */
    synchronized long bytes() {
        return bytes;
    }

    /** Modules whose code is here. */
    synchronized int size() {
        return entries.size();
    }

    private void load() throws IOException {
        List<Path> found;
        try (Stream<Path> files = Files.list(index)) {
            found = files.sorted(java.util.Comparator.comparingLong(CodeCache::modified))
                    .toList();
        }
        for (Path file : found) {
            var name = ENTRY.matcher(String.valueOf(file.getFileName()));
            Optional<ModuleDigest> digest = name.matches() ? ModuleDigest.parse(name.group(2)) : Optional.empty();
            Path code = directory.path().resolve(Files.readString(file)).normalize();
            if (digest.isPresent() && code.startsWith(directory.path().resolve(CODE)) && Files.isRegularFile(code)) {
                put(new ModuleKey(UUID.fromString(name.group(1)), digest.get()), new Entry(code, Files.size(code)));
            } else {
                Files.deleteIfExists(file);
            }
        }
        deleteUnknown();
    }

    /** What no index names is of no use to anybody. */
    private void deleteUnknown() throws IOException {
        List<Path> known = entries.values().stream().map(Entry::file).toList();
        var names = new java.util.HashSet<>(known);
        try (Stream<Path> files = Files.walk(directory.path().resolve(CODE), new FileVisitOption[0])
                .filter(Files::isRegularFile)) {
            files.filter(file -> !names.contains(file)).forEach(CodeCache::deleteQuietly);
        }
    }

    private static long modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            return 0;
        }
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (NoSuchFileException e) {
            // Somebody else was faster.
        } catch (IOException e) {
            log.atWarn().addKeyValue("file", file).setCause(e).log("file was left behind");
        }
    }

    @Override
    public void close() {
        directory.close();
    }
}

package io.wasmwiz.executor.modules;

import io.wasmwiz.executor.sandbox.ModuleCode;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Modules in memory, for tests; can be told to fail. Thread-safe. */
public final class InMemoryModuleStore implements ModuleStore {
    private record Key(UUID accountId, ModuleDigest digest) {}

    private record Entry(ModuleCode code, StoredModule module) {}

    private final Map<Key, Entry> modules = new HashMap<>();
    private final Supplier<Instant> clock;
    private @Nullable RuntimeException failure;
    private int loads;

    public InMemoryModuleStore(Supplier<Instant> clock) {
        this.clock = clock;
    }

    /** From now on every call fails so; null: no more. */
    public synchronized void failsWith(@Nullable RuntimeException newFailure) {
        failure = newFailure;
    }

    /** How often bytes were read. */
    public synchronized int loads() {
        return loads;
    }

    @Override
    public synchronized Optional<LoadedModule> load(UUID accountId, ModuleDigest digest) {
        loads++;
        return entry(accountId, digest)
                .map(entry -> LoadedModule.of(entry.code(), entry.module().findings()));
    }

    @Override
    public synchronized Optional<StoredModule> find(UUID accountId, ModuleDigest digest) {
        return entry(accountId, digest).map(Entry::module);
    }

    @Override
    public synchronized Optional<StoredModule> relabel(UUID accountId, ModuleDigest digest, String name) {
        entry(accountId, digest).filter(entry -> !name.isEmpty()).ifPresent(entry -> {
            StoredModule old = entry.module();
            StoredModule renamed = new StoredModule(digest, name, old.sizeBytes(), old.createdAt(), old.findings());
            modules.put(new Key(accountId, digest), new Entry(entry.code(), renamed));
        });
        return find(accountId, digest);
    }

    @Override
    public synchronized boolean hasRoomFor(UUID accountId, ModuleDigest digest, int limit) {
        return entry(accountId, digest).isPresent() || count(accountId) < limit;
    }

    private long count(UUID accountId) {
        return modules.keySet().stream()
                .filter(key -> key.accountId().equals(accountId))
                .count();
    }

    @Override
    public synchronized Keeping keep(ModuleCode code, ModuleFindings findings, String name, int limit) {
        Optional<StoredModule> existing = relabel(code.accountId(), code.digest(), name);
        if (existing.isPresent()) {
            return new Keeping.Kept(existing.get(), true);
        }
        if (count(code.accountId()) >= limit) {
            return new Keeping.LimitReached();
        }
        StoredModule module = new StoredModule(code.digest(), name, code.bytes().length, clock.get(), findings);
        modules.put(new Key(code.accountId(), code.digest()), new Entry(code, module));
        return new Keeping.Kept(module, false);
    }

    @Override
    public synchronized List<StoredModule> list(UUID accountId, Optional<Position> after, int size) {
        check();
        return modules.entrySet().stream()
                .filter(entry -> entry.getKey().accountId().equals(accountId))
                .map(entry -> entry.getValue().module())
                .filter(module -> after.isEmpty() || isAfter(module, after.get()))
                .sorted(Comparator.comparing(StoredModule::createdAt)
                        .reversed()
                        .thenComparing(module -> module.digest().toString()))
                .limit(size)
                .toList();
    }

    private static boolean isAfter(StoredModule module, Position position) {
        int byTime = module.createdAt().compareTo(position.createdAt());
        return byTime < 0
                || (byTime == 0
                        && module.digest()
                                        .toString()
                                        .compareTo(position.digest().toString())
                                > 0);
    }

    @Override
    public synchronized boolean delete(UUID accountId, ModuleDigest digest) {
        check();
        return modules.remove(new Key(accountId, digest)) != null;
    }

    private Optional<Entry> entry(UUID accountId, ModuleDigest digest) {
        check();
        return Optional.ofNullable(modules.get(new Key(accountId, digest)));
    }

    private void check() {
        if (failure != null) {
            throw failure;
        }
    }
}

package io.wasmwiz.executor.modules;

import io.wasmwiz.executor.sandbox.ModuleCode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Accounts' modules, durable, addressed by digest within their account. Methods block and throw the database's exceptions
 * unchecked. Thread-safe.
 */
public interface ModuleStore {
    /** The bytes, and what a run must know of them. */
    Optional<LoadedModule> load(UUID accountId, ModuleDigest digest);

    /** Everything but the bytes. */
    Optional<StoredModule> find(UUID accountId, ModuleDigest digest);

    /** Gives a module another label, unless {@code name} is empty; returns the module as it is then, if it exists. */
    Optional<StoredModule> relabel(UUID accountId, ModuleDigest digest, String name);

    /** Whether {@link #keep} would keep this module as things are now; reads only, so that may change before it is called. */
    boolean hasRoomFor(UUID accountId, ModuleDigest digest, int limit);

    /**
     * Keeps a module. One that the account has already is relabelled as by {@link #relabel}, whatever the limit.
     *
     * @param limit modules that the account may keep, this one included; exact also when several come at once
     */
    Keeping keep(ModuleCode code, ModuleFindings findings, String name, int limit);

    /**
     * A page of the account's modules, newest first, by digest where two are of the same microsecond.
     *
     * @param after the last of the page before; empty: from the newest
     * @param size modules at most, positive
     */
    List<StoredModule> list(UUID accountId, Optional<Position> after, int size);

    /** Deletes a module; false when there was none. */
    boolean delete(UUID accountId, ModuleDigest digest);

    /** Where a module stands in its account's list. */
    record Position(Instant createdAt, ModuleDigest digest) {}

    /** What came of keeping a module. */
    sealed interface Keeping {
        /** It is kept; {@code alreadyExisted}: it was before. */
        record Kept(StoredModule module, boolean alreadyExisted) implements Keeping {}

        /** The account keeps as many as it may. */
        record LimitReached() implements Keeping {}
    }
}

package io.wasmwiz.executor.modules;

import io.wasmwiz.executor.database.AccountTransactions;
import io.wasmwiz.executor.sandbox.ModuleCode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatement;

/** Modules in {@code wasm_modules}. Thread-safe; does not own the pool. */
public final class PostgresModuleStore implements ModuleStore {
    private final AccountTransactions transactions;

    public PostgresModuleStore(Jdbi jdbi) {
        this.transactions = new AccountTransactions(jdbi);
    }

    private static final String LOAD = """
            SELECT code, profile FROM wasm_modules WHERE user_id = :account AND digest = :digest
            """;

    @Override
    public Optional<LoadedModule> load(UUID accountId, ModuleDigest digest) {
        return transactions.in(
                accountId,
                handle -> named(handle.createQuery(LOAD), accountId, digest)
                        .map((row, context) -> LoadedModule.of(
                                new ModuleCode(accountId, digest, row.getBytes("code")),
                                ModuleProfiles.parse(row.getBytes("profile"))))
                        .findOne());
    }

    private static final String FIND = """
            SELECT digest, name, size_bytes, created_at, profile FROM wasm_modules
            WHERE user_id = :account AND digest = :digest
            """;

    @Override
    public Optional<StoredModule> find(UUID accountId, ModuleDigest digest) {
        return transactions.in(
                accountId,
                handle -> named(handle.createQuery(FIND), accountId, digest)
                        .map((row, context) -> module(row))
                        .findOne());
    }

    private static final String RELABEL = """
            UPDATE wasm_modules SET name = :name WHERE user_id = :account AND digest = :digest AND name <> :name
            """;

    @Override
    public Optional<StoredModule> relabel(UUID accountId, ModuleDigest digest, String name) {
        return transactions.in(accountId, handle -> relabel(handle, accountId, digest, name));
    }

    private static Optional<StoredModule> relabel(Handle handle, UUID accountId, ModuleDigest digest, String name) {
        if (!name.isEmpty()) {
            named(handle.createUpdate(RELABEL), accountId, digest)
                    .bind("name", name)
                    .execute();
        }
        return named(handle.createQuery(FIND), accountId, digest)
                .map((row, context) -> module(row))
                .findOne();
    }

    private static final String HAS_ROOM = """
            SELECT EXISTS (SELECT 1 FROM wasm_modules WHERE user_id = :account AND digest = :digest)
                OR (SELECT count(*) FROM wasm_modules WHERE user_id = :account) < :limit
            """;

    @Override
    public boolean hasRoomFor(UUID accountId, ModuleDigest digest, int limit) {
        return transactions.in(
                accountId,
                handle -> named(handle.createQuery(HAS_ROOM), accountId, digest)
                        .bind("limit", limit)
                        .mapTo(Boolean.class)
                        .one());
    }

    // Uploads of one account one after the other, so that the count below holds when the row is written.
    private static final String LOCK_ACCOUNT = """
            SELECT pg_advisory_xact_lock(hashtextextended('wasm_modules:' || :account::text, 0))
            """;

    private static final String INSERT = """
            INSERT INTO wasm_modules (user_id, digest, name, code, size_bytes, profile)
            SELECT :account, :digest, :name, :code, :size, :profile
            WHERE (SELECT count(*) FROM wasm_modules WHERE user_id = :account) < :limit
            """;

    @Override
    public Keeping keep(ModuleCode code, ModuleFindings findings, String name, int limit) {
        return transactions.in(code.accountId(), handle -> {
            handle.createQuery(LOCK_ACCOUNT)
                    .bind("account", code.accountId())
                    .mapToMap()
                    .one();
            Optional<StoredModule> existing = relabel(handle, code.accountId(), code.digest(), name);
            if (existing.isPresent()) {
                return new Keeping.Kept(existing.get(), true);
            }
            int inserted = named(handle.createUpdate(INSERT), code.accountId(), code.digest())
                    .bind("name", name)
                    .bind("code", code.bytes())
                    .bind("size", code.bytes().length)
                    .bind("profile", ModuleProfiles.toProto(findings).toByteArray())
                    .bind("limit", limit)
                    .execute();
            return inserted == 0
                    ? new Keeping.LimitReached()
                    : new Keeping.Kept(
                            relabel(handle, code.accountId(), code.digest(), "").orElseThrow(), false);
        });
    }

    private static final String LIST = """
            SELECT digest, name, size_bytes, created_at, profile FROM wasm_modules
            WHERE user_id = :account
            ORDER BY created_at DESC, digest
            LIMIT :size
            """;

    private static final String LIST_AFTER = """
            SELECT digest, name, size_bytes, created_at, profile FROM wasm_modules
            WHERE user_id = :account AND created_at <= :created_at AND (created_at < :created_at OR digest > :digest)
            ORDER BY created_at DESC, digest
            LIMIT :size
            """;

    @Override
    public List<StoredModule> list(UUID accountId, Optional<Position> after, int size) {
        return transactions.in(accountId, handle -> {
            var query = handle.createQuery(after.isEmpty() ? LIST : LIST_AFTER)
                    .bind("account", accountId)
                    .bind("size", size);
            after.ifPresent(
                    position -> query.bind("created_at", position.createdAt().atOffset(ZoneOffset.UTC))
                            .bind("digest", position.digest().sha256()));
            return query.map((row, context) -> module(row)).list();
        });
    }

    private static final String DELETE = """
            DELETE FROM wasm_modules WHERE user_id = :account AND digest = :digest
            """;

    @Override
    public boolean delete(UUID accountId, ModuleDigest digest) {
        return transactions.in(
                accountId,
                handle -> named(handle.createUpdate(DELETE), accountId, digest).execute() > 0);
    }

    private static <S extends SqlStatement<S>> S named(S statement, UUID accountId, ModuleDigest digest) {
        return statement.bind("account", accountId).bind("digest", digest.sha256());
    }

    private static StoredModule module(ResultSet row) throws SQLException {
        return new StoredModule(
                ModuleDigest.ofSha256(row.getBytes("digest")),
                row.getString("name"),
                row.getLong("size_bytes"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                ModuleProfiles.parse(row.getBytes("profile")));
    }
}

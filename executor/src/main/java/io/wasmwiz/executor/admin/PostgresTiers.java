package io.wasmwiz.executor.admin;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;

/** Statements on {@code subscription_tiers}; triggers count the versions and keep them. Not thread-safe. */
final class PostgresTiers {
    private static final String COLUMNS = """
            name, version, executions_per_minute, executions_per_day, memory_mib, run_time_ms, max_concurrency, created_at,
            updated_at
            """;

    private final Handle handle;

    PostgresTiers(Handle handle) {
        this.handle = handle;
    }

    private static final String FIND = "SELECT " + COLUMNS + " FROM subscription_tiers WHERE name = :name";

    Optional<TierPlan> find(String name) {
        return handle.createQuery(FIND)
                .bind("name", name)
                .map((row, context) -> tier(row))
                .findOne();
    }

    Optional<TierPlan> lock(String name) {
        return handle.createQuery(FIND + " FOR NO KEY UPDATE")
                .bind("name", name)
                .map((row, context) -> tier(row))
                .findOne();
    }

    private static final String INSERT = """
            INSERT INTO subscription_tiers (name, executions_per_minute, executions_per_day, memory_mib, run_time_ms,
                                            max_concurrency)
            VALUES (:name, :per_minute, :per_day, :memory_mib, :run_time_ms, :concurrency)
            ON CONFLICT DO NOTHING
            RETURNING
            """ + COLUMNS;

    Optional<TierPlan> insert(String name, TierFigures figures) {
        return bind(handle.createQuery(INSERT), name, figures)
                .map((row, context) -> tier(row))
                .findOne();
    }

    private static final String UPDATE = """
            UPDATE subscription_tiers
            SET executions_per_minute = :per_minute, executions_per_day = :per_day, memory_mib = :memory_mib,
                run_time_ms = :run_time_ms, max_concurrency = :concurrency
            WHERE name = :name
            RETURNING
            """ + COLUMNS;

    TierPlan update(String name, TierFigures figures) {
        return bind(handle.createQuery(UPDATE), name, figures)
                .map((row, context) -> tier(row))
                .one();
    }

    private static final String LIST = "SELECT " + COLUMNS + """
             FROM subscription_tiers
            WHERE name COLLATE "C" > :after
            ORDER BY name COLLATE "C"
            LIMIT :size
            """;

    List<TierPlan> list(Optional<String> after, int size) {
        return handle.createQuery(LIST)
                .bind("after", after.orElse(""))
                .bind("size", size)
                .map((row, context) -> tier(row))
                .list();
    }

    private static <S extends SqlStatement<S>> S bind(S statement, String name, TierFigures figures) {
        return statement
                .bind("name", name)
                .bind("per_minute", figures.executionsPerMinute())
                .bind("per_day", figures.executionsPerDay())
                .bind("memory_mib", figures.memoryMib())
                .bind("run_time_ms", figures.runTimeMillis())
                .bind("concurrency", figures.maxConcurrency());
    }

    private static TierPlan tier(ResultSet row) throws SQLException {
        return new TierPlan(
                row.getString("name"),
                row.getInt("version"),
                new TierFigures(
                        row.getInt("executions_per_minute"),
                        row.getInt("executions_per_day"),
                        row.getInt("memory_mib"),
                        row.getInt("run_time_ms"),
                        row.getInt("max_concurrency")),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getObject("updated_at", OffsetDateTime.class).toInstant());
    }
}

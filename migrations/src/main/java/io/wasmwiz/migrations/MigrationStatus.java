package io.wasmwiz.migrations;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One migration, as the build and the database see it.
 *
 * @param version for example {@code 0001}
 * @param description for example {@code schema}
 * @param state Flyway's word: {@code Success}, {@code Pending}, {@code Failed}, {@code Future}, …
 * @param installedOn null while it is pending
 */
public record MigrationStatus(
        String version,
        String description,
        String state,
        @Nullable Instant installedOn) {}

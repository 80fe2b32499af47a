package io.wasmwiz.migrations;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of the schema. Exit codes: 0; 1 a migration failed or differs; those of ServiceCommand. */
@Command(
        name = "migrations",
        mixinStandardHelpOptions = true,
        description =
                "The database schema. Every flag has an environment default: --database-url reads DATABASE_URL, the"
                        + " others WASMWIZ_ and their name.",
        subcommands = {
            MigrateCommand.Migrate.class,
            MigrateCommand.Status.class,
            MigrateCommand.Validate.class,
            CreateCommand.class
        })
public final class MigrateCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                java.util.Objects.requireNonNull(spec).commandLine(),
                "one of the commands migrate, status, validate, create is expected");
    }

    /** What the commands that need the database share. */
    abstract static class OnDatabase implements Callable<Integer> {
        @Spec
        private @Nullable CommandSpec spec;

        @Mixin
        private DatabaseOptions database = new DatabaseOptions();

        @Override
        public final Integer call() throws InterruptedException {
            var line = java.util.Objects.requireNonNull(spec).commandLine();
            Migrations migrations = database.connect(line.getErr());
            try {
                return run(migrations, line.getOut());
            } catch (FlywayException e) {
                line.getErr().println(e.getMessage());
                return 1;
            }
        }

        abstract int run(Migrations migrations, PrintWriter out);
    }

    /** Applies what is pending. */
    @Command(name = "migrate", mixinStandardHelpOptions = true, description = "Applies pending migrations.")
    static final class Migrate extends OnDatabase {
        @Override
        int run(Migrations migrations, PrintWriter out) {
            List<MigrationStatus> applied = migrations.migrate();
            applied.forEach(migration -> out.println("applied " + migration.version() + " " + migration.description()));
            if (applied.isEmpty()) {
                out.println("nothing to apply: the schema is at version " + migrations.newestVersion());
            }
            return 0;
        }
    }

    /** Lists every migration. */
    @Command(name = "status", mixinStandardHelpOptions = true, description = "Lists migrations, applied and pending.")
    static final class Status extends OnDatabase {
        private static final String ROW = "%-8s  %-40s  %-10s  %s%n";

        @Override
        int run(Migrations migrations, PrintWriter out) {
            out.printf(ROW, "VERSION", "DESCRIPTION", "STATE", "INSTALLED ON");
            for (MigrationStatus migration : migrations.status()) {
                out.printf(
                        ROW,
                        migration.version(),
                        migration.description(),
                        migration.state(),
                        migration.installedOn() == null ? "-" : migration.installedOn());
            }
            return 0;
        }
    }

    /** Compares what was applied with the files. */
    @Command(
            name = "validate",
            mixinStandardHelpOptions = true,
            description = "Compares applied migrations with this build's files; exit code 1 when one was edited.")
    static final class Validate extends OnDatabase {
        @Override
        int run(Migrations migrations, PrintWriter out) {
            List<String> faults = migrations.validate();
            faults.forEach(out::println);
            if (faults.isEmpty()) {
                out.println("applied migrations and files agree");
            }
            return faults.isEmpty() ? 0 : 1;
        }
    }
}

package io.wasmwiz.executor;

import io.wasmwiz.executor.admin.Bootstrap;
import io.wasmwiz.service.config.Problems;
import io.wasmwiz.service.database.Database;
import io.wasmwiz.service.database.DatabaseUrl;
import io.wasmwiz.service.database.SchemaCheck;
import io.wasmwiz.service.database.SchemaMismatchException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wasmwiz admin bootstrap}. Exit codes: 0; 1 it was done before, or the name is taken; those of ServiceCommand. */
@Command(
        name = "admin bootstrap",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = {
            "Makes the first operator, once: an account and a key with the scope admin.",
            "The key is printed on standard output, this once. Every flag has an environment default: --database-url"
                    + " reads DATABASE_URL, the others WASMWIZ_ and their name."
        })
public final class BootstrapCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--database-url",
            defaultValue = "",
            description = "postgresql://… of a member of wasmwiz_admin, or of the schema's owner. Required.")
    private String databaseUrl = "";

    @Option(names = "--name", defaultValue = "operator", description = "Name of the account")
    private String name = "";

    @Option(names = "--tier", defaultValue = "Free", description = "Tier of the account")
    private String tier = "";

    @Override
    public Integer call() {
        Problems problems = new Problems();
        problems.require(
                DatabaseUrl.isValid(databaseUrl),
                "--database-url (or the variable DATABASE_URL) must be postgresql://user:password@host:port/database");
        problems.check();
        var line = Objects.requireNonNull(spec).commandLine();
        try {
            return run(line.getOut(), line.getErr());
        } catch (JdbiException e) {
            if (Database.isUnavailable(e)) {
                throw new SchemaMismatchException("PostgreSQL does not answer, or does not take the login");
            }
            throw e;
        }
    }

    private int run(PrintWriter out, PrintWriter err) {
        DatabaseUrl url = DatabaseUrl.parse(databaseUrl);
        Jdbi jdbi = Jdbi.create(url.jdbcUrl(), url.user(), url.password());
        int version = SchemaCheck.appliedVersion(jdbi).orElse(0);
        if (version < SchemaCheck.REQUIRED_VERSION) {
            throw new SchemaMismatchException(
                    "the database schema is at version %d and this build needs %d: run `wasmwiz migrate` first"
                            .formatted(version, SchemaCheck.REQUIRED_VERSION));
        }
        Bootstrap.Result result = Bootstrap.run(jdbi, name, tier);
        if (result instanceof Bootstrap.Result.Made made) {
            err.println("account %s %s; its key is shown this once and stored nowhere:"
                    .formatted(made.account().id(), made.account().name()));
            out.println(made.secret().text());
            return 0;
        }
        err.println(
                result instanceof Bootstrap.Result.NameTaken
                        ? "an account named '" + name + "' exists: choose another --name"
                        : "this database has had its first operator: ask an operator for a key, which"
                                + " `wasmwiz admin keys create --scopes admin` makes");
        return 1;
    }
}

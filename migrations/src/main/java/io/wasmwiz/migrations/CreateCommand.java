package io.wasmwiz.migrations;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the file of the next migration. */
@Command(
        name = "create",
        mixinStandardHelpOptions = true,
        description = "Writes the next V0000__name.sql in the repository's migrations.")
final class CreateCommand implements Callable<Integer> {
    private static final Path IN_REPOSITORY = Path.of("migrations/src/main/resources/db/migration");
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*(_[a-z0-9]+)*");
    private static final int NAME_CHARACTERS = 64;
    private static final Pattern FILE = Pattern.compile("V(\\d+)__.*\\.sql");

    @Parameters(paramLabel = "NAME", description = "Lower-case words joined by underscores, at most 64 characters.")
    private String name = "";

    @Option(
            names = "--directory",
            description = "Where the migrations are. Default: that of the repository around the working directory.")
    private @Nullable Path directory;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (!NAME.matcher(name).matches() || name.length() > NAME_CHARACTERS) {
            throw refusal("the name must be lower-case words of letters and digits joined by underscores, at most "
                    + NAME_CHARACTERS + " characters, for example add_module_labels");
        }
        Path target = directory == null ? ofRepository() : directory;
        if (!Files.isDirectory(target)) {
            throw refusal("there is no directory " + target);
        }
        Path file = target.resolve("V%04d__%s.sql".formatted(newestVersion(target) + 1, name));
        Files.writeString(file, header(), StandardOpenOption.CREATE_NEW);
        java.util.Objects.requireNonNull(spec).commandLine().getOut().println(file);
        return 0;
    }

    private Path ofRepository() {
        for (@Nullable Path step = Path.of("").toAbsolutePath(); step != null; step = step.getParent()) {
            if (Files.isDirectory(step.resolve(IN_REPOSITORY))) {
                return step.resolve(IN_REPOSITORY);
            }
        }
        throw refusal("no " + IN_REPOSITORY + " here or above: run this in the repository or give --directory");
    }

    private static int newestVersion(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> FILE.matcher(String.valueOf(file.getFileName())))
                    .filter(Matcher::matches)
                    .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
                    .max()
                    .orElse(0);
        }
    }

    private String header() {
        return """
                -- %s.
                --
                -- Runs in one transaction, beside services of the version before: add first, remove in a later migration.
                -- Never edit it once it was applied anywhere. What needs it raises SchemaCheck.REQUIRED_VERSION.

                """.formatted(Character.toUpperCase(name.charAt(0))
                + name.substring(1).replace('_', ' '));
    }

    private ParameterException refusal(String message) {
        return new ParameterException(java.util.Objects.requireNonNull(spec).commandLine(), message);
    }
}

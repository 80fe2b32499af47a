package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.auth.Authentication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What README.md says is what the code does. */
class ReadmeTest {
    private static final Pattern WORD_IN_CODE = Pattern.compile("\"([A-Z]+(?:_[A-Z]+)+)\"");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([A-Z]+(?:_[A-Z]+)+)` \\| `[A-Z_]+` \\| \\S");
    private static final Pattern FLAG_ROW = Pattern.compile("(?m)^\\| `(--[a-z-]+)` \\| (?:`([^`]*)`|[^|]*) \\|");

    private final String readme = read(Path.of("README.md"));

    @Test
    void listsEveryReasonOfTheCodeAndNoOther() throws IOException {
        Set<String> inCode = new TreeSet<>();
        for (String folder : List.of("grpc", "execution", "batch", "modules", "wasm", "admin", "export", "usage")) {
            try (Stream<Path> files = Files.walk(Path.of("src/main/java/io/wasmwiz/executor", folder))) {
                files.filter(file -> file.toString().endsWith(".java"))
                        .forEach(file ->
                                WORD_IN_CODE.matcher(read(file)).results().forEach(word -> inCode.add(word.group(1))));
            }
        }
        Arrays.stream(Authentication.Reason.values()).map(Enum::name).forEach(inCode::add);

        Set<String> inReadme =
                ROW.matcher(readme).results().map(row -> row.group(1)).collect(Collectors.toCollection(TreeSet::new));

        assertThat(inReadme).isEqualTo(inCode);
    }

    @Test
    void listsEveryFlagWithItsDefault() {
        List<OptionSpec> options = new CommandLine(new ExecutorCommand())
                .getCommandSpec().options().stream()
                        .filter(option -> !option.usageHelp() && !option.versionHelp())
                        .toList();
        List<MatchResult> rows = FLAG_ROW.matcher(readme).results().toList();

        assertThat(rows)
                .extracting(row -> row.group(1))
                .containsExactlyElementsOf(
                        options.stream().map(OptionSpec::longestName).toList());
        for (int i = 0; i < rows.size(); i++) {
            String documented = rows.get(i).group(2);
            if (documented != null) {
                assertThat(options.get(i).defaultValue())
                        .as("default of %s", rows.get(i).group(1))
                        .isEqualTo(documented);
            }
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}

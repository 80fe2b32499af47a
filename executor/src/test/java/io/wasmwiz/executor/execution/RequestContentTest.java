package io.wasmwiz.executor.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.claims.ContentHash;
import io.wasmwiz.executor.execution.ExecuteCommand.InvocationWish;
import io.wasmwiz.executor.execution.ExecuteCommand.LimitsWish;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.FileTree;
import io.wasmwiz.executor.sandbox.Value;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RequestContentTest {
    private static final byte[] MODULE = {0, 'a', 's', 'm'};

    @Test
    void doesNotDependOnHowTheModuleCameNorOnTheOrderOfTheEnvironment() {
        Map<String, String> forwards = new LinkedHashMap<>();
        forwards.put("A", "1");
        forwards.put("B", "2");
        Map<String, String> backwards = new LinkedHashMap<>();
        backwards.put("B", "2");
        backwards.put("A", "1");
        ModuleDigest digest = ModuleDigest.of(MODULE);

        ContentHash inline = hash(new ExecuteCommand(
                new ExecuteCommand.Source.Inline(MODULE), new byte[0], List.of(), forwards, LimitsWish.none(), "1"));
        ContentHash named = hash(new ExecuteCommand(
                new ExecuteCommand.Source.Digest(digest.toString()),
                new byte[0],
                List.of(),
                backwards,
                LimitsWish.none(),
                "2"));

        assertThat(named).isEqualTo(inline).hasToString(inline.toString());
    }

    @Test
    void tellsEveryFieldFromEveryOther() {
        List<ContentHash> hashes = Stream.of(
                        command("", List.of(), Map.of(), LimitsWish.none()),
                        command("a", List.of(), Map.of(), LimitsWish.none()),
                        command("", List.of(""), Map.of(), LimitsWish.none()),
                        command("", List.of("a"), Map.of(), LimitsWish.none()),
                        command("", List.of("a", "b"), Map.of(), LimitsWish.none()),
                        command("", List.of("ab"), Map.of(), LimitsWish.none()),
                        command("", List.of(), Map.of("a", "b"), LimitsWish.none()),
                        command("", List.of(), Map.of("ab", ""), LimitsWish.none()),
                        command("", List.of(), Map.of(), runTime(Duration.ofSeconds(1))),
                        command("", List.of(), Map.of(), runTime(Duration.ofNanos(1))),
                        command("", List.of(), Map.of(), sizes(OptionalLong.of(1), none(), none())),
                        command("", List.of(), Map.of(), sizes(none(), OptionalLong.of(1), none())),
                        command("", List.of(), Map.of(), sizes(none(), none(), OptionalLong.of(1))))
                .map(RequestContentTest::hash)
                .toList();

        assertThat(hashes).doesNotHaveDuplicates();
        assertThat(RequestContent.hash(
                        command("", List.of(), Map.of(), LimitsWish.none()), ModuleDigest.of(new byte[] {1})))
                .isNotIn(hashes);
    }

    @Test
    void tellsInvocationsApart() {
        List<ContentHash> hashes = Stream.of(
                        Optional.<InvocationWish>empty(),
                        invocation("f"),
                        invocation("g"),
                        invocation("f", Value.i32(0)),
                        invocation("f", Value.i64(0)),
                        invocation("f", Value.f32(0)),
                        invocation("f", Value.f32(-0.0f)),
                        invocation("f", Value.f64(0)),
                        invocation("f", Value.i32(0), Value.i32(0)))
                .map(wish -> hash(new ExecuteCommand(
                        new ExecuteCommand.Source.Inline(MODULE),
                        new byte[0],
                        List.of(),
                        Map.of(),
                        List.of(),
                        wish,
                        LimitsWish.none(),
                        "")))
                .toList();

        assertThat(hashes).doesNotHaveDuplicates();
        assertThat(hashes.get(0)).isEqualTo(hash(command("", List.of(), Map.of(), LimitsWish.none())));
    }

    private static Optional<InvocationWish> invocation(String export, Value... arguments) {
        return Optional.of(new InvocationWish(
                export, Stream.of(arguments).map(Optional::of).toList()));
    }

    @Test
    void tellsFilesApartAndNotTheirOrder() {
        var a = new FileTree.File("a", new byte[] {1});
        var b = new FileTree.File("b", new byte[] {2});
        List<ContentHash> hashes = Stream.of(
                        List.<FileTree.File>of(),
                        List.of(a),
                        List.of(b),
                        List.of(a, b),
                        List.of(new FileTree.File("a", new byte[] {2})),
                        List.of(new FileTree.File("ab", new byte[0])),
                        List.of(new FileTree.File("a", new byte[0]), new FileTree.File("b", new byte[0])))
                .map(files -> hash(command(files)))
                .toList();

        assertThat(hashes).doesNotHaveDuplicates();
        assertThat(hash(command(List.of(b, a)))).isEqualTo(hashes.get(3));
        assertThat(hashes.get(0)).isEqualTo(hash(command("", List.of(), Map.of(), LimitsWish.none())));
    }

    private static ExecuteCommand command(List<FileTree.File> files) {
        return new ExecuteCommand(
                new ExecuteCommand.Source.Inline(MODULE),
                new byte[0],
                List.of(),
                Map.of(),
                files,
                Optional.empty(),
                LimitsWish.none(),
                "");
    }

    private static ContentHash hash(ExecuteCommand command) {
        return RequestContent.hash(command, ModuleDigest.of(MODULE));
    }

    private static ExecuteCommand command(
            String input, List<String> arguments, Map<String, String> environment, LimitsWish limits) {
        return new ExecuteCommand(
                new ExecuteCommand.Source.Inline(MODULE),
                input.getBytes(StandardCharsets.UTF_8),
                arguments,
                environment,
                limits,
                "");
    }

    private static LimitsWish runTime(Duration runTime) {
        return new LimitsWish(Optional.of(runTime), none(), none(), none());
    }

    private static LimitsWish sizes(OptionalLong memory, OptionalLong stdout, OptionalLong stderr) {
        return new LimitsWish(Optional.empty(), memory, stdout, stderr);
    }

    private static OptionalLong none() {
        return OptionalLong.empty();
    }
}

package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.executor.sandbox.FileTree.File;
import io.wasmwiz.executor.sandbox.FileTree.Node;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileTreeTest {
    @Test
    void placesTheNodesOfADirectoryNextToEachOtherByTheirBytes() {
        FileTree tree = FileTree.of(Stream.of("b/z", "b/é", "a", "b/c/d", "B")
                .map(path -> new File(path, path.getBytes(StandardCharsets.UTF_8)))
                .toList());

        assertThat(tree.nodes().stream().map(node -> text(node.name())))
                .containsExactly("", "B", "a", "b", "c", "z", "é", "d");
        assertThat(tree.nodes().stream().map(Node::parent)).containsExactly(0, 0, 0, 0, 3, 3, 3, 4);
        Node directory = tree.nodes().get(3);
        assertThat(directory.firstChild()).isEqualTo(4);
        assertThat(directory.children()).isEqualTo(3);
        assertThat(text(tree.nodes().get(7).content())).isEqualTo("b/c/d");
        assertThat(tree.contentBytes()).isEqualTo(3 + 4 + 1 + 5 + 1);
    }

    @Test
    void hasNotEvenARootWithoutFiles() {
        assertThat(FileTree.of(List.of()).nodes()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/a", "a/", "a//b", ".", "a/./b", "..", "a/..", "a\0b", "/"})
    void refusesWhatIsNoPath(String path) {
        assertThatThrownBy(() -> FileTree.of(List.of(file(path)))).isInstanceOf(IllegalArgumentException.class);
        assertThat(FileTree.pathFault(path)).isPresent();
    }

    @ParameterizedTest
    @CsvSource({"a, a", "a, a/b", "a/b, a", "a/b/c, a/b"})
    void refusesPathsInEachOthersWay(String one, String other) {
        assertThatThrownBy(() -> FileTree.of(List.of(file(one), file(other))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("same path");
    }

    @Test
    void boundsPathsNamesDepthAndNumber() {
        assertThat(FileTree.pathFault("é".repeat(127))).isEmpty();
        assertThat(FileTree.pathFault("é".repeat(128))).isPresent();
        assertThat(FileTree.pathFault("a/".repeat(31) + "a")).isEmpty();
        assertThat(FileTree.pathFault("a/".repeat(32) + "a")).isPresent();
        assertThat(FileTree.pathFault(("a".repeat(255) + "/").repeat(3) + "a".repeat(255)))
                .isEmpty();
        assertThat(FileTree.pathFault(("a".repeat(255) + "/").repeat(4) + "a")).isPresent();
        List<File> most = IntStream.range(0, FileTree.MAX_FILES)
                .mapToObj(i -> file("f" + i))
                .toList();
        assertThat(FileTree.of(most).files()).hasSize(FileTree.MAX_FILES);
        assertThatThrownBy(() -> FileTree.of(Stream.concat(most.stream(), Stream.of(file("one-more")))
                        .toList()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static File file(String path) {
        return new File(path, new byte[1]);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

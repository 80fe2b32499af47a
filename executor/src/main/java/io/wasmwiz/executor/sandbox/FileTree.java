package io.wasmwiz.executor.sandbox;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Files that a guest may read, below one root; their directories are those that their paths name. Immutable, but for the
 * contents, which are shared and must not be changed.
 */
public final class FileTree {
    /** Files of one tree. */
    public static final int MAX_FILES = 1_024;

    /** UTF-8 bytes of a path. */
    public static final int MAX_PATH_BYTES = 1_024;

    /** UTF-8 bytes of one name in a path. */
    public static final int MAX_NAME_BYTES = 255;

    /** Names in a path. */
    public static final int MAX_DEPTH = 32;

    private static final FileTree EMPTY = new FileTree(List.of(), List.of());

    private final List<File> files;
    private final List<Node> nodes;
    private final long contentBytes;

    /**
     * One file.
     *
     * @param path from the root, names joined by slashes, such as {@code data/words.txt}
     * @param content shared, must not be changed
     */
    public record File(String path, byte[] content) {
        /** What it counts as input: the content and the path in UTF-8. */
        public long inputBytes() {
            return path.getBytes(StandardCharsets.UTF_8).length + (long) content.length;
        }

        /** Without guest data. */
        @Override
        public String toString() {
            return "File[bytes=" + content.length + "]";
        }
    }

    /**
     * A file or a directory. The children of a directory follow each other, sorted by their names' bytes; the root comes
     * first and is its own parent.
     *
     * @param name in UTF-8; the root's is empty
     * @param content of a file; empty of a directory
     * @param parent its directory's number
     * @param firstChild of a directory
     * @param children of a directory; -1 of a file
     */
    public record Node(byte[] name, byte[] content, int parent, int firstChild, int children) {
        /** Whether it holds others. */
        public boolean isDirectory() {
            return children >= 0;
        }
    }

    private FileTree(List<File> files, List<Node> nodes) {
        this.files = files;
        this.nodes = nodes;
        this.contentBytes =
                files.stream().mapToLong(file -> file.content().length).sum();
    }

    /** No files, and not even a root. */
    public static FileTree empty() {
        return EMPTY;
    }

    /** Throws {@link IllegalArgumentException} when a path is none, or when two stand in each other's way. */
    public static FileTree of(List<File> files) {
        if (files.isEmpty()) {
            return EMPTY;
        }
        if (files.size() > MAX_FILES) {
            throw new IllegalArgumentException(files.size() + " files, at most " + MAX_FILES + " are allowed");
        }
        var root = new Building(new byte[0]);
        for (File file : files) {
            pathFault(file.path()).ifPresent(fault -> {
                throw new IllegalArgumentException(fault);
            });
            if (!root.add(file)) {
                throw new IllegalArgumentException(
                        "two files have the same path, or one's path is another's directory");
            }
        }
        return new FileTree(List.copyOf(files), root.number());
    }

    /** The first file whose path is that of an earlier one, or its directory, or below it; each path is one. */
    public static OptionalInt firstInTheWay(List<File> files) {
        var root = new Building(new byte[0]);
        return IntStream.range(0, files.size())
                .filter(i -> !root.add(files.get(i)))
                .findFirst();
    }

    /** What is wrong with a path, in words that follow its name; empty when nothing is. */
    public static Optional<String> pathFault(String path) {
        if (path.isEmpty()) {
            return Optional.of("is empty");
        }
        if (path.length() > MAX_PATH_BYTES || path.getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
            return Optional.of("has more than " + MAX_PATH_BYTES + " bytes");
        }
        if (path.startsWith("/")) {
            return Optional.of("begins with a slash: paths are relative to the guest's /");
        }
        String[] names = path.split("/", -1);
        if (names.length > MAX_DEPTH) {
            return Optional.of("has more than " + MAX_DEPTH + " names");
        }
        return Arrays.stream(names).flatMap(name -> nameFault(name).stream()).findFirst();
    }

    private static Optional<String> nameFault(String name) {
        if (name.isEmpty()) {
            return Optional.of("has an empty name between or after slashes");
        }
        if (name.equals(".") || name.equals("..")) {
            return Optional.of("has a name that is \".\" or \"..\"");
        }
        if (name.indexOf('\0') >= 0) {
            return Optional.of("has a NUL");
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
            return Optional.of("has a name of more than " + MAX_NAME_BYTES + " bytes");
        }
        return Optional.empty();
    }

    /** Its files, in no particular order. */
    public List<File> files() {
        return files;
    }

    /** The root and all below it; none when there are no files. */
    public List<Node> nodes() {
        return nodes;
    }

    /** Bytes of all contents together. */
    public long contentBytes() {
        return contentBytes;
    }

    /** Without guest data. */
    @Override
    public String toString() {
        return "FileTree[files=" + files.size() + ", bytes=" + contentBytes + "]";
    }

    /** A node whose children are still coming. */
    private static final class Building {
        private final byte[] name;
        private final TreeMap<byte[], Building> children = new TreeMap<>(Arrays::compareUnsigned);
        private byte[] content = new byte[0];
        private boolean isFile;
        private int number;
        private int firstChild;
        private Building parent = this;

        Building(byte[] name) {
            this.name = name;
        }

        /** False when something is in its way. */
        boolean add(File file) {
            Building at = this;
            for (String part : file.path().split("/", -1)) {
                if (at.isFile) {
                    return false;
                }
                Building directory = at;
                at = directory.children.computeIfAbsent(part.getBytes(StandardCharsets.UTF_8), Building::new);
                at.parent = directory;
            }
            if (at.isFile || !at.children.isEmpty()) {
                return false;
            }
            at.isFile = true;
            at.content = file.content();
            return true;
        }

        /** All from here on, level by level. */
        List<Node> number() {
            List<Building> all = new ArrayList<>(List.of(this));
            for (int i = 0; i < all.size(); i++) {
                Building directory = all.get(i);
                directory.firstChild = all.size();
                for (Map.Entry<byte[], Building> child : directory.children.entrySet()) {
                    child.getValue().number = all.size();
                    all.add(child.getValue());
                }
            }
            return all.stream()
                    .map(node -> new Node(
                            node.name,
                            node.content,
                            node.parent.number,
                            node.firstChild,
                            node.isFile ? -1 : node.children.size()))
                    .toList();
        }
    }
}

package io.wasmwiz.executor.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Work for one of the programs in {@code deploy/samples/programs}, and what its native build makes of it, as {@code build}
 * recorded it there in {@code cases/PROGRAM.load}.
 *
 * @param program its name
 * @param wasm its module
 * @param input standard input
 * @param exitCode of the native build
 * @param stdoutSha256 of what the native build printed, in lower-case hex digits
 */
record ProgramLoad(
        String program, byte[] wasm, byte[] input, List<String> arguments, int exitCode, String stdoutSha256) {

    /** The programs that have one, sorted. */
    static List<String> programs(Path directory) throws IOException {
        try (Stream<Path> cases = Files.list(directory.resolve("cases"))) {
            return cases.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".load"))
                    .map(name -> name.substring(0, name.length() - ".load".length()))
                    .sorted()
                    .toList();
        }
    }

    /** Reads one; {@link NoSuchFileException} when there is none. */
    static ProgramLoad read(Path directory, String program) throws IOException {
        Path cases = directory.resolve("cases");
        List<String> words = List.of(
                Files.readString(cases.resolve(program + ".load")).strip().split(" "));
        return new ProgramLoad(
                program,
                Files.readAllBytes(directory.resolve(program + ".wasm")),
                repeated(Files.readAllBytes(cases.resolve(words.get(0))), Integer.parseInt(words.get(1))),
                words.subList(4, words.size()),
                Integer.parseInt(words.get(2)),
                words.get(3));
    }

    private static byte[] repeated(byte[] text, int times) {
        var all = new ByteArrayOutputStream(Math.multiplyExact(text.length, times));
        for (int i = 0; i < times; i++) {
            all.writeBytes(text);
        }
        return all.toByteArray();
    }

    /** Throws unless a run did what the native build does. */
    void check(String where, int code, byte[] stdout) {
        String printed = sha256(stdout);
        if (code != exitCode || !printed.equals(stdoutSha256)) {
            throw new IllegalStateException(
                    "%s %s exited with %d after %d bytes (SHA-256 %s), natively with %d (SHA-256 %s)"
                            .formatted(program, where, code, stdout.length, printed, exitCode, stdoutSha256));
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}

package io.wasmwiz.executor.sandbox.process;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.kawamuray.wasmtime.Engine;
import io.micrometer.common.util.StringUtils;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.service.config.Problems;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Where a sandbox process finds its classes and the native engine: only what it needs of the executor's own class path,
 * copied where another user could not read it.
 *
 * @param classPath in the form of {@code -cp}
 * @param libraryPath in the form of {@code java.library.path}
 */
record ChildClassPath(String classPath, String libraryPath) {
    private static final String ENGINE = "libwasmtime_jni.so";
    private static final List<Class<?>> NEEDED = List.of(
            SandboxProcessMain.class,
            Problems.class,
            Engine.class,
            Caffeine.class,
            MeterRegistry.class,
            StringUtils.class,
            Logger.class,
            Nullable.class);

    /** Of this process, with the places of {@code more} classes in front; copies go below {@code directory}. */
    static ChildClassPath of(List<Class<?>> more, boolean forOtherUsers, Path directory) {
        try {
            Set<Path> places = new LinkedHashSet<>();
            for (Class<?> needed : Stream.concat(more.stream(), NEEDED.stream()).toList()) {
                places.add(placeOf(needed));
            }
            List<Path> readable = new ArrayList<>();
            for (Path place : places) {
                readable.add(forOtherUsers ? readableByOthers(place, directory) : place);
            }
            Path engine = forOtherUsers ? readableByOthers(engine(), directory) : engine();
            return new ChildClassPath(
                    readable.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)),
                    String.valueOf(engine.getParent()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot copy the classes of sandbox processes", e);
        }
    }

    private static Path placeOf(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toAbsolutePath();
        } catch (URISyntaxException e) {
            throw new IllegalStateException("no file holds " + type, e);
        }
    }

    private static Path engine() {
        for (String entry : System.getProperty("java.library.path", "").split(File.pathSeparator)) {
            Path engine = Path.of(entry, ENGINE).toAbsolutePath();
            if (Files.isReadable(engine)) {
                return engine;
            }
        }
        throw new IllegalStateException("--sandbox-mode=process needs the engine's library: start the executor with"
                + " -Djava.library.path=DIRECTORY that holds " + ENGINE);
    }

    private static Path readableByOthers(Path place, Path directory) throws IOException {
        if (isReadableByOthers(place)) {
            return place;
        }
        Path copy = directory
                .resolve(Integer.toHexString(String.valueOf(place.getParent()).hashCode()))
                .resolve(place.getFileName());
        try (Stream<Path> files = Files.walk(place)) {
            for (Path file : files.toList()) {
                Path target = file.equals(place)
                        ? copy
                        : copy.resolve(place.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.createDirectories(target.getParent());
                    Files.copy(file, target);
                }
                Files.setPosixFilePermissions(
                        target, PosixFilePermissions.fromString(Files.isDirectory(file) ? "rwxr-xr-x" : "rw-r--r--"));
            }
        }
        return copy;
    }

    private static boolean isReadableByOthers(Path place) throws IOException {
        if (!Files.getPosixFilePermissions(place).contains(PosixFilePermission.OTHERS_READ)) {
            return false;
        }
        for (Path parent = place.toRealPath().getParent(); parent != null; parent = parent.getParent()) {
            if (!Files.getPosixFilePermissions(parent).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                return false;
            }
        }
        return true;
    }
}

package io.wasmwiz.executor;

import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Every method of every service that the API's module generates code for. */
public final class ApiMethods {
    private static final String PACKAGE = "io/wasmwiz/v1";

    private ApiMethods() {}

    /** Found by looking at the generated classes, so that a new service cannot be forgotten. */
    public static List<MethodDescriptor<?, ?>> all() {
        try {
            Path origin = Path.of(ExecutionServiceGrpc.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            if (Files.isDirectory(origin)) {
                return in(origin.resolve(PACKAGE));
            }
            try (FileSystem jar = FileSystems.newFileSystem(origin)) {
                return in(jar.getPath(PACKAGE));
            }
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<MethodDescriptor<?, ?>> in(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith("Grpc.class"))
                    .map(name -> service(name.substring(0, name.length() - ".class".length())))
                    .<MethodDescriptor<?, ?>>flatMap(service -> service.getMethods().stream())
                    .toList();
        }
    }

    private static ServiceDescriptor service(String name) {
        try {
            return (ServiceDescriptor) Class.forName(PACKAGE.replace('/', '.') + "." + name)
                    .getMethod("getServiceDescriptor")
                    .invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
